"""En un clúster con Slurm: los procesos que miden son trabajos suyos.

```
python -m studies.slurm 20
python -m studies run long-memory --seeds 20 --scheduler tcp://10.0.0.1:8786
```

La primera orden, en un nodo que pueda enviar trabajos, mantiene veinte en marcha, escribe la dirección de su
planificador y espera; la segunda, en otra terminal, reparte entre ellos las medidas que faltan. Al que agota su tiempo
lo sustituye otro, y la medida que deja a medias se repite. La partición, la cuenta y lo demás que pida cada clúster van
en el apartado `jobqueue.slurm` de `~/.config/dask/jobqueue.yaml`.
"""

import sys
import threading
from pathlib import Path

from dask_jobqueue import SLURMCluster


def cluster(jobs: int) -> SLURMCluster:
    """Un planificador con ``jobs`` trabajos de un núcleo, que parten de la copia del repositorio y de este Python."""
    slurm = SLURMCluster(
        cores=1,
        memory="4 GB",
        walltime="04:00:00",
        nanny=False,
        job_script_prologue=[f"cd {Path(__file__).parents[1]}"],
        scheduler_options={"dashboard": False},
        worker_extra_args=["--no-dashboard"],
    )
    slurm.adapt(minimum_jobs=jobs, maximum_jobs=jobs)
    return slurm


if __name__ == "__main__":
    with cluster(int(sys.argv[1])) as slurm:
        print(slurm.scheduler_address, flush=True)
        threading.Event().wait()
