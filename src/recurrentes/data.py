"""Los datos del curso: los reales se descargan una vez y se comprueban; los sintéticos se generan y lo dicen."""

import contextlib
import hashlib
import lzma
import os
import re
import sys
import tarfile
import tempfile
import zipfile
import zlib
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import pooch
import requests
import yaml

__all__ = [
    "DataError",
    "cache_folder",
    "fetch",
    "load_chorales",
    "load_imdb",
    "load_quijote",
    "load_ridership",
    "load_spa_eng",
    "make_ventas",
    "registry",
]

# Huellas que valen, por orden de preferencia; la última es la de un archivo (``member``) dentro de un zip.
ALGORITHMS = {"sha256": "SHA-256", "md5": "MD5", "member_sha256": "SHA-256 interior"}
OTHER_FILE = "cambia el archivo, o la carpeta que nombra RECURRENTES_DATA"


class DataError(RuntimeError):
    """No se pudo conseguir un archivo de datos intacto; el mensaje dice qué se pedía, qué llegó y qué hacer."""


def registry() -> dict[str, dict]:
    """Ficha de cada conjunto de datos real: archivo, dirección, huella, licencia, fuente y fecha.

    Examples
    --------
    >>> registry()["ridership"]["file"]
    'ridership.tgz'
    """
    return yaml.safe_load(files("recurrentes").joinpath("registry.yml").read_text("utf8"))


def cache_folder() -> Path:
    """Carpeta donde quedan las descargas: la caché del usuario en su sistema."""
    return Path(pooch.os_cache("recurrentes"))


def fetch(name: str) -> Path:
    """Ruta local y comprobada del archivo de datos ``name``.

    Busca primero en la carpeta que nombra la variable de entorno ``RECURRENTES_DATA``, después en la caché del
    usuario y, si no está, lo descarga, con su progreso si es grande. Un archivo solo se entrega si su huella (SHA-256,
    o el MD5 que publica la fuente) es la del registro; de un zip que se puede empaquetar de varias maneras se comprueba
    el archivo de dentro.

    Raises
    ------
    ValueError : si ``name`` no está en el registro o su ficha no tiene huella.
    DataError : si el archivo está dañado, no se puede descargar o no se puede guardar.
    """
    entries = registry()
    if name not in entries:
        raise ValueError(f"name={name!r}: se requiere uno de {sorted(entries)}.")
    entry = entries[name]
    algorithm = next((key for key in ALGORITHMS if entry.get(key)), None)
    if algorithm is None:
        raise ValueError(f"La ficha de {name!r} no tiene sha256: añádelo a registry.yml; sin él no se usa el archivo.")
    if local := _in_named_folder(entry["file"]):
        return _intact(local, algorithm, entry, OTHER_FILE)
    cached = cache_folder() / entry["file"]
    if os.path.exists(cached):  # no falla, como Path.exists, si la carpeta no se puede leer
        return _intact(cached, algorithm, entry, "bórralo y vuelve a ejecutar: se descargará de nuevo")
    return _download(entry, algorithm, cached)


def load_chorales(split: str) -> dict[str, np.ndarray]:
    """Los corales a cuatro voces de Bach de una de las tres partes en que se reparten.

    Parameters
    ----------
    split : ``"train"`` (229 corales), ``"valid"`` (76) o ``"test"`` (77).

    Returns
    -------
    dict de nombre de coral ("chorale_000") a una matriz (T, 4) de enteros: en cada paso, una semicorchea, la nota MIDI
    de soprano, contralto, tenor y bajo, o 0 si esa voz calla. Una nota que se mantiene se repite en cada paso, así que
    no se distingue de la misma nota vuelta a dar.

    Raises
    ------
    ValueError : si ``split`` no es una de las tres partes.
    DataError : la de `fetch`, o si el archivo comprobado no se puede leer.
    """
    splits = ["test", "train", "valid"]
    if split not in splits:
        raise ValueError(f"split={split!r}: se requiere uno de {splits}.")
    path = fetch("chorales")
    chorales = {}
    try:
        with tarfile.open(path) as archive:
            for name in sorted(archive.getnames()):
                if match := re.fullmatch(rf"jsb_chorales/{split}/(\w+)\.csv", name):
                    chorales[match[1]] = pd.read_csv(archive.extractfile(name)).to_numpy()
    except (tarfile.TarError, EOFError, zlib.error, ValueError) as error:
        raise DataError(
            f"{path}: no se pueden leer dentro los corales ({type(error).__name__}), aunque su SHA-256 es el del "
            f"registro. Revisa su campo sha256 en registry.yml."
        ) from error
    return chorales


def load_imdb(split: str) -> pd.DataFrame:
    """Las 25 000 reseñas de cine de una de las dos partes del *Large Movie Review Dataset*, con su opinión.

    La primera vez lee el archivo entero, comprueba la huella de su contenido y guarda una copia de lectura rápida en
    la caché del usuario; las siguientes lee esa copia, con la misma comprobación. Vale el archivo oficial y, en la
    carpeta que nombra ``RECURRENTES_DATA``, también uno con solo las reseñas etiquetadas.

    Parameters
    ----------
    split : ``"train"`` o ``"test"``.

    Returns
    -------
    DataFrame (25000, 2) con índice ``id`` (parte, opinión y nombre de archivo: "test/neg/0_2.txt") y columnas ``text``
    (la reseña, en inglés, con sus ``<br />``) y ``label`` (0 negativa, 1 positiva). Primero van todas las negativas y
    después todas las positivas, por orden de nombre: **hay que barajarlas** antes de apartar una parte para validar.

    Raises
    ------
    ValueError : si ``split`` no es una de las dos partes.
    DataError : la de `fetch`, o si las reseñas del archivo no son las del registro.

    Fuente: *Maas et al. (2011), Learning word vectors for sentiment analysis*.
    """
    entry = registry()["imdb"]
    if split not in entry["content"]:
        raise ValueError(f"split={split!r}: se requiere uno de {sorted(entry['content'])}.")
    reviews = _read_copy(split)
    if _content_digest(reviews) != entry["content"][split]:
        archive = _in_named_folder(entry["reduced"]) or fetch("imdb")
        parts = _read_archive(archive, entry["content"])
        for part in parts:
            _write_copy(part, parts[part])
        reviews = parts[split]
    ids = [id.decode() for id, _ in reviews]
    return pd.DataFrame(
        {"text": [text.decode() for _, text in reviews], "label": [int("/pos/" in id) for id in ids]},
        index=pd.Index(ids, name="id"),
    )


def load_quijote() -> pd.DataFrame:
    """Los 126 capítulos de las dos partes de *Don Quijote*, sin la envoltura del Proyecto Gutenberg.

    Quedan fuera la cabecera y el pie que añade Gutenberg, los preliminares de cada parte (tasas, aprobaciones,
    prólogos) y los cortes de línea de la edición: cada párrafo y cada verso es una línea.

    Returns
    -------
    DataFrame (126, 5), en el orden del libro, con columnas ``part`` (1 o 2), ``chapter`` (desde 1 en cada parte),
    ``split``, ``title`` (la primera línea) y ``text`` (el capítulo entero, con su título). ``split`` aparta capítulos
    enteros de todo el libro: cada diez, uno es ``"valid"`` (el quinto) y otro ``"test"`` (el décimo); los demás son
    ``"train"``.

    Raises
    ------
    DataError : la de `fetch`, o si en el archivo faltan la cabecera, el pie o los capítulos.

    Fuente: Proyecto Gutenberg, *Don Quijote*, número 2000.
    """
    path, entry = fetch("quijote"), registry()["quijote"]
    text = path.read_bytes().decode(entry["encoding"]).replace("\r\n", "\n")
    book = re.search(r"\*\*\* START OF [^\n]*\n(.*)\nEnd of (?:the )?Project Gutenberg", text, flags=re.S)
    found = re.split(r"(?m)^(?=Capítulo )", book[1])[1:] if book else []
    first = [number for number, chapter in enumerate(found) if re.match(r"Capítulo [Pp]rimero\b", chapter)]
    if len(first) != 2:
        raise DataError(
            f"{path}: se esperaban la cabecera y el pie de Gutenberg y dos partes con sus capítulos, aunque su SHA-256 "
            f"es el del registro. Revisa su ficha en registry.yml."
        )
    second = first[1]
    rows = []
    for number, chapter in enumerate(found):
        part = 1 + (number >= second)
        body = re.split(r"\n{4,}", chapter.rstrip())[0]  # detrás vienen los preliminares de la segunda parte, o «Fin»
        lines = [re.sub(r"\n(?! )", " ", paragraph) for paragraph in re.split(r"\n{2,}", body)]
        lines = [line.strip() for line in "\n".join(lines).split("\n")]  # los versos van sangrados
        split = {4: "valid", 9: "test"}.get(number % 10, "train")
        rows.append((part, number + 1 - second * (part - 1), split, lines[0], "\n".join(lines) + "\n"))
    return pd.DataFrame(rows, columns=["part", "chapter", "split", "title", "text"])


def load_ridership(*, clean: bool = True) -> pd.DataFrame:
    """Viajeros diarios del transporte de Chicago, del 2001-01-01 al 2021-11-30.

    Parameters
    ----------
    clean : con ``False``, la tabla tal como viene en el archivo: 7701 filas, con dos meses repetidos.

    Returns
    -------
    DataFrame (7639, 4) con índice diario ``date`` y columnas ``day_type`` ("W" laborable, "A" sábado, "U" domingo o
    festivo), ``bus``, ``rail`` y ``total``, en viajeros por día.

    Raises
    ------
    DataError : la de `fetch`, o si el archivo comprobado no se puede leer.

    Fuente: Chicago Transit Authority, «CTA - Ridership - Daily Boarding Totals».
    """
    entry = registry()["ridership"]
    path = fetch("ridership")
    try:
        with tarfile.open(path) as archive:
            raw = pd.read_csv(archive.extractfile(entry["member"]), parse_dates=["service_date"])
    except (tarfile.TarError, KeyError, EOFError, zlib.error) as error:
        raise DataError(
            f"{path}: no se puede leer dentro {entry['member']} ({type(error).__name__}), aunque su SHA-256 es el del "
            f"registro. Revisa sus campos sha256 y member en registry.yml."
        ) from error
    if not clean:
        return raw
    names = {"service_date": "date", "rail_boardings": "rail", "total_rides": "total"}
    return raw.drop_duplicates().rename(columns=names).set_index("date").sort_index().asfreq("D")


def load_spa_eng() -> pd.DataFrame:
    """Frases en inglés y su traducción al español, escritas por voluntarios de Tatoeba.

    Returns
    -------
    DataFrame (118964, 2) con columnas ``english`` y ``spanish``; las frases cortas van antes que las largas. Una misma
    frase inglesa puede estar varias veces, con distintas traducciones: **hay que repartir por frases, y no por filas**,
    para que ninguna esté a la vez en entrenamiento y en prueba.

    Raises
    ------
    DataError : la de `fetch`.

    Fuente: proyecto Tatoeba, en la selección de manythings.org/anki del 2018-05-13, con licencia CC BY 2.0.
    """
    entry = registry()["spa-eng"]
    with zipfile.ZipFile(fetch("spa-eng")) as archive:
        lines = archive.read(entry["member"]).decode().removesuffix("\n").split("\n")
    return pd.DataFrame([line.split("\t") for line in lines], columns=["english", "spanish"])


def make_ventas(n_days: int = 1461, *, noise: float = 10.0, rng: np.random.Generator) -> pd.DataFrame:
    """Ventas diarias **sintéticas**, en unidades: tendencia + semana + año + promociones + ruido.

    No son datos de ningún comercio. Como se conoce cada sumando, se conoce también el mejor error posible: con ruido
    normal de desviación ``noise``, ningún pronóstico baja en media de un error absoluto de ``noise * sqrt(2 / pi)``.

    Parameters
    ----------
    n_days : número de días, al menos 1; la serie empieza el lunes 2018-01-01.
    noise : desviación típica del ruido, en unidades, no negativa.
    rng : generador de números aleatorios; el mismo estado da la misma serie.

    Returns
    -------
    DataFrame (n_days, 6) con índice diario y columnas ``sales``, ``trend``, ``weekly``, ``yearly``, ``promotion`` y
    ``noise``; ``sales`` es la suma de las otras cinco.

    Examples
    --------
    >>> ventas = make_ventas(14, rng=np.random.default_rng(0))
    >>> bool(np.allclose(ventas["sales"], ventas.drop(columns="sales").sum(axis=1)))
    True
    """
    if n_days < 1 or noise < 0:
        raise ValueError(f"n_days={n_days} y noise={noise}: se requiere n_days >= 1 y noise >= 0.")
    day = np.arange(n_days)
    week = np.array([-20.0, -25.0, -15.0, -5.0, 20.0, 45.0, 0.0])  # de lunes a domingo; suma cero
    promoted = np.repeat(rng.random(n_days // 7 + 1) < 0.1, 7)[:n_days]  # una semana de cada diez, en promedio
    table = pd.DataFrame(
        {
            "trend": 200 + 0.05 * day,
            "weekly": week[day % 7],
            "yearly": 30 * np.sin(2 * np.pi * day / 365.25),
            "promotion": 40.0 * promoted,
            "noise": rng.normal(0, noise, n_days),
        },
        index=pd.date_range("2018-01-01", periods=n_days, freq="D", name="date"),
    )
    table.insert(0, "sales", table.sum(axis=1))
    return table


def _in_named_folder(file: str) -> Path | None:
    """Ruta de ``file`` en la carpeta que nombra ``RECURRENTES_DATA``, si está."""
    folder = os.environ.get("RECURRENTES_DATA")
    path = Path(folder).expanduser() / file if folder else None
    return path if path and path.exists() else None


def _intact(path: Path, algorithm: str, entry: dict, remedy: str) -> Path:
    """``path`` si su contenido tiene la huella esperada; si no, un error que dice qué hacer."""
    found = _fingerprint(path, algorithm, entry)
    if found != entry[algorithm]:
        raise DataError(
            f"{path} está dañado o no es el archivo esperado: se esperaba {ALGORITHMS[algorithm]} {entry[algorithm]} y "
            f"tiene {found} ({path.stat().st_size} bytes). Remedio: {remedy}."
        )
    return path


def _fingerprint(path: Path, algorithm: str, entry: dict) -> str:
    """La huella de ``path``, o la del archivo que lleva dentro; «ninguna» si no se puede leer."""
    if algorithm != "member_sha256":
        return pooch.file_hash(str(path), alg=algorithm)
    try:
        with zipfile.ZipFile(path) as archive:
            return hashlib.sha256(archive.read(entry["member"])).hexdigest()
    except (zipfile.BadZipFile, KeyError, EOFError, zlib.error):
        return "ninguna"


class _Progress:
    """Progreso de una descarga, una línea que se reescribe a cada MB; tiene la forma que pide pooch."""

    def __init__(self, name: str):
        self.name, self.total, self.done, self.shown = name, 0, 0, 0

    def update(self, n_bytes: int):
        self.done += n_bytes
        if self.done // 10**6 > self.shown:
            self.shown = self.done // 10**6
            total = f" de {self.total / 1e6:.0f}" if self.total else ""
            print(f"\rDescargando {self.name}: {self.shown}{total} MB", end="", file=sys.stderr, flush=True)

    def reset(self):
        self.done = 0

    def close(self):
        if self.shown:
            print(file=sys.stderr, flush=True)
        self.shown = 0


def _download(entry: dict, algorithm: str, target: Path) -> Path:
    """Descarga a un archivo temporal que solo pasa a ``target`` si su huella es la esperada."""
    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel("WARNING")  # los mensajes de pooch están en inglés; los errores los traduce _problem
    known, progress = f"{algorithm}:{entry[algorithm]}", _Progress(target.name)
    try:
        if algorithm == "member_sha256":
            _download_zip(entry, target, progress)
        else:
            pooch.retrieve(entry["url"], known, fname=target.name, path=target.parent, progressbar=progress)
    except (requests.RequestException, OSError, ValueError) as error:
        raise DataError(_problem(error, entry, algorithm, target)) from error
    finally:
        progress.close()
        logger.setLevel(level)
    return target


def _download_zip(entry: dict, target: Path, progress: _Progress) -> None:
    """Descarga en una carpeta aparte un zip del que solo se conoce la huella de su contenido, y la comprueba."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        path = Path(pooch.retrieve(entry["url"], None, fname=target.name, path=folder, progressbar=progress))
        if _fingerprint(path, "member_sha256", entry) != entry["member_sha256"]:
            raise ValueError(f"{path.name}: otro contenido.")  # _problem lo cuenta entero
        os.replace(path, target)


def _problem(error: Exception, entry: dict, algorithm: str, target: Path) -> str:
    """Qué falló al descargar y qué hacer; distingue la red, la caché y un contenido que no es el esperado."""
    by_hand = f"deja {target.name} en otra carpeta y nómbrala en la variable de entorno RECURRENTES_DATA."
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return f"La descarga de {entry['url']} se cortó. No se ha guardado nada. Vuelve a intentarlo."
    if isinstance(error, requests.RequestException):
        reason = type(error).__name__
        if error.response is not None:
            reason = f"el servidor respondió {error.response.status_code}"
        return (
            f"No se pudo descargar {entry['url']} ({reason}). Comprueba la conexión; si sigue sin poderse, trae el "
            f"archivo por otro medio, {by_hand}"
        )
    if isinstance(error, OSError):
        return (
            f"No se puede escribir en la caché {target.parent} ({error.strerror or type(error).__name__}). Haz que "
            f"sea una carpeta con espacio y permiso de escritura, o {by_hand}"
        )
    return (
        f"La descarga de {entry['url']} no es el archivo esperado: su {ALGORITHMS[algorithm]} no es "
        f"{entry[algorithm]}. No se ha guardado nada. Vuelve a intentarlo; si se repite, avisa: quizá haya cambiado el "
        f"archivo público."
    )


def _content_digest(reviews: list[tuple[bytes, bytes]]) -> str:
    """SHA-256 de las reseñas, en el orden dado: de cada una, su id, un byte nulo y el SHA-256 de su texto."""
    digest = hashlib.sha256()
    for id, text in reviews:
        digest.update(id + b"\0" + hashlib.sha256(text).digest())
    return digest.hexdigest()


def _read_archive(path: Path, content: dict[str, str]) -> dict[str, list[tuple[bytes, bytes]]]:
    """Las reseñas etiquetadas de cada parte, ordenadas por id, leídas de una pasada sin extraer nada al disco."""
    parts = {split: [] for split in content}
    try:
        with tarfile.open(path) as archive:
            for info in archive:
                match = re.fullmatch(r"aclImdb/((train|test)/(?:neg|pos)/[^/]+\.txt)", info.name)
                if match and info.isreg():
                    parts[match[2]].append((os.fsencode(match[1]), archive.extractfile(info).read()))
    except (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, OSError) as error:
        raise DataError(
            f"{path}: no se puede leer hasta el final ({type(error).__name__}); está dañado, cortado o es otra "
            f"cosa. Remedio: {OTHER_FILE}."
        ) from error
    for split, reviews in parts.items():
        reviews.sort()
        if (found := _content_digest(reviews)) != content[split]:
            raise DataError(
                f"{path}: sus reseñas no son las esperadas. La huella de las de {split} debía ser {content[split]} y "
                f"es {found} ({len(reviews)} reseñas). Remedio: {OTHER_FILE}."
            )
    return parts


def _copy_path(split: str) -> Path:
    return cache_folder() / f"imdb-{split}.tsv"


def _read_copy(split: str) -> list[tuple[bytes, bytes]]:
    """Las reseñas de la copia rápida, sin comprobar; ninguna si no hay copia o no se puede leer."""
    try:
        lines = _copy_path(split).read_bytes().split(b"\n")
    except OSError:
        return []
    return [line.partition(b"\t")[::2] for line in lines]


def _write_copy(split: str, reviews: list[tuple[bytes, bytes]]) -> None:
    """Guarda la copia rápida, con id, tabulador y texto en cada línea; si la caché no deja escribir, no hay copia."""
    path, partial = _copy_path(split), None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(dir=path.parent)
        with open(handle, "wb") as file:
            file.write(b"\n".join(id + b"\t" + text for id, text in reviews))
        os.replace(partial, path)  # entera o nada, aunque otro proceso escriba la suya a la vez
    except OSError:
        pass
    finally:
        if partial:
            with contextlib.suppress(OSError):
                os.unlink(partial)
