"""Datos: descargas de un servidor local que falla de muchas maneras, el registro, Ridership, IMDB y las ventas."""

import errno
import hashlib
import io
import logging
import os
import random
import re
import socket
import subprocess
import sys
import tarfile
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pandas as pd
import pooch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recurrentes import data

GOOD = b"el contenido esperado" * 1000
SHA256 = hashlib.sha256(GOOD).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """Sirve ``GOOD`` entero, cambiado o cortado, según la dirección, y lo que se añada; anota cada petición."""

    timeout = 5  # segundos: una petición a medias no cuelga las pruebas

    def do_GET(self):
        self.server.requests.append(self.path)
        bodies = {"/good": GOOD, "/corrupt": GOOD + b"!", "/truncated": GOOD[:99], "/cut": GOOD[:99]}
        body = (bodies | self.server.added).get(self.path)
        self.send_response(404 if body is None else 200)
        if self.path != "/cut":
            self.send_header("Content-Length", len(GOOD) if self.path == "/truncated" else len(body or b""))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *args):
        """No escribe en la salida de las pruebas."""


@pytest.fixture(scope="module")
def server():
    """Un servidor HTTP de verdad, en esta máquina."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.requests, server.added = [], {}
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def home(monkeypatch, tmp_path):
    """Carpeta personal y caché vacías, sin ``RECURRENTES_DATA`` ni proxy."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("RECURRENTES_DATA", raising=False)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert data.cache_folder().is_relative_to(tmp_path)
    return tmp_path


@pytest.fixture
def register(monkeypatch, home, server):
    """Registra el conjunto «toy», en la dirección que se diga del servidor local, y deja su contador a cero."""
    server.requests.clear()

    def add(path="/good", **changes):
        url = f"http://127.0.0.1:{server.server_port}{path}"
        entry = {"file": "toy.bin", "url": url, "sha256": SHA256} | changes
        monkeypatch.setattr(data, "registry", lambda: {"toy": entry})
        return entry

    return add


def files_in(folder):
    """Todos los archivos que hay bajo ``folder``."""
    return [path for path in folder.rglob("*") if path.is_file()]


def fails_with(message, exception=data.DataError, action=lambda: data.fetch("toy")):
    """Exige que ``action`` falle con este mensaje completo."""
    with pytest.raises(exception, match=f"^{re.escape(message)}$"):
        action()


# Descarga y caché


def test_a_good_download_is_kept(register, server):
    """Se descarga una vez, intacto; la segunda vez sale de la caché."""
    register()
    path = data.fetch("toy")
    assert path == data.cache_folder() / "toy.bin" == data.fetch("toy")
    assert path.read_bytes() == GOOD
    assert files_in(data.cache_folder()) == [path]
    assert server.requests == ["/good"]


def test_pooch_is_silent(register):
    """Los mensajes de pooch, en inglés, no aparecen; su nivel vuelve a ser el que era."""
    register()
    logger, said = pooch.get_logger(), []
    listener = logging.Handler()
    listener.emit = said.append
    logger.addHandler(listener)
    level = logger.level
    try:
        data.fetch("toy")
    finally:
        logger.removeHandler(listener)
    assert said == [] and logger.level == level != logging.WARNING


@pytest.mark.parametrize("path", ["/corrupt", "/cut"], ids=["cambiado", "cortado sin aviso"])
def test_a_damaged_download(register, path):
    """Un contenido con otra huella no se guarda."""
    entry = register(path)
    fails_with(
        f"La descarga de {entry['url']} no es el archivo esperado: su SHA-256 no es {SHA256}. No se ha guardado nada. "
        "Vuelve a intentarlo; si se repite, avisa: quizá haya cambiado el archivo público."
    )
    assert files_in(data.cache_folder()) == []


def test_a_truncated_download(register):
    """Llegan menos bytes de los que el servidor anunció."""
    entry = register("/truncated")
    fails_with(f"La descarga de {entry['url']} se cortó. No se ha guardado nada. Vuelve a intentarlo.")
    assert files_in(data.cache_folder()) == []


def test_a_missing_file(register):
    """El servidor responde 404."""
    entry = register("/missing")
    fails_with(
        f"No se pudo descargar {entry['url']} (el servidor respondió 404). Comprueba la conexión; si sigue sin "
        "poderse, trae el archivo por otro medio, deja toy.bin en otra carpeta y nómbrala en la variable de entorno "
        "RECURRENTES_DATA."
    )
    assert files_in(data.cache_folder()) == []


def test_offline(register):
    """Nadie contesta en esa dirección."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    entry = register(url=f"http://127.0.0.1:{port}/good")
    fails_with(
        f"No se pudo descargar {entry['url']} (ConnectionError). Comprueba la conexión; si sigue sin poderse, trae el "
        "archivo por otro medio, deja toy.bin en otra carpeta y nómbrala en la variable de entorno RECURRENTES_DATA."
    )
    assert files_in(data.cache_folder()) == []


def unwritable(code):
    return (
        f"No se puede escribir en la caché {data.cache_folder()} ({os.strerror(code)}). Haz que sea una carpeta con "
        "espacio y permiso de escritura, o deja toy.bin en otra carpeta y nómbrala en la variable de entorno "
        "RECURRENTES_DATA."
    )


def test_the_cache_is_not_a_folder(register, home, server):
    """En lugar de la carpeta de la caché hay un archivo; no se llega a descargar."""
    register()
    (home / "cache").write_text("ocupado")
    fails_with(unwritable(errno.ENOTDIR))
    assert files_in(home) == [home / "cache"] and server.requests == []


@pytest.mark.parametrize(
    ("function", "code"),
    [("tempfile.NamedTemporaryFile", errno.EACCES), ("shutil.move", errno.ENOSPC)],
    ids=["sin permiso", "sin espacio"],
)
def test_the_cache_cannot_be_written(register, monkeypatch, function, code):
    """Falta permiso al crear el archivo temporal, o espacio al terminarlo; tampoco queda el temporal."""
    register()

    def fail(*args, **kwargs):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(function, fail)
    fails_with(unwritable(code))
    assert files_in(data.cache_folder()) == []


def test_an_interrupted_download_leaves_nothing(register, monkeypatch):
    """Con Ctrl-C a mitad de la descarga se borra lo que hubiera llegado."""
    register()

    def interrupt(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("pooch.core.hash_matches", interrupt)
    with pytest.raises(KeyboardInterrupt):
        data.fetch("toy")
    assert files_in(data.cache_folder()) == []


def test_a_corrupt_cached_file_is_not_used(register, server):
    """Un archivo dañado en la caché se denuncia; ni se usa ni se borra a escondidas."""
    register()
    path = data.fetch("toy")
    path.write_bytes(b"otro")
    found = hashlib.sha256(b"otro").hexdigest()
    fails_with(
        f"{path} está dañado o no es el archivo esperado: se esperaba SHA-256 {SHA256} y tiene {found} (4 bytes). "
        "Remedio: bórralo y vuelve a ejecutar: se descargará de nuevo."
    )
    path.unlink()
    assert data.fetch("toy").read_bytes() == GOOD
    assert server.requests == ["/good", "/good"]


# RECURRENTES_DATA


@pytest.mark.parametrize("written", ["{home}/datos", "~/datos"], ids=["ruta", "tilde"])
def test_the_named_folder_comes_first(register, monkeypatch, home, server, written):
    """Con el archivo en la carpeta que nombra RECURRENTES_DATA no se toca ni la red ni la caché."""
    register()
    (home / "datos").mkdir()
    (home / "datos/toy.bin").write_bytes(GOOD)
    monkeypatch.setenv("RECURRENTES_DATA", written.format(home=home))
    assert data.fetch("toy") == home / "datos/toy.bin"
    assert server.requests == [] and not data.cache_folder().exists()


def test_a_corrupt_file_in_the_named_folder(register, monkeypatch, home, server):
    """Un archivo dañado en esa carpeta no se sustituye por una descarga: se dice."""
    register()
    (home / "toy.bin").write_bytes(b"")
    monkeypatch.setenv("RECURRENTES_DATA", str(home))
    found = hashlib.sha256(b"").hexdigest()
    fails_with(
        f"{home}/toy.bin está dañado o no es el archivo esperado: se esperaba SHA-256 {SHA256} y tiene {found} "
        "(0 bytes). Remedio: cambia el archivo, o la carpeta que nombra RECURRENTES_DATA."
    )
    assert server.requests == []


def test_a_named_folder_without_the_file(register, monkeypatch, home, server):
    """Si en esa carpeta no está, se descarga."""
    register()
    monkeypatch.setenv("RECURRENTES_DATA", str(home))
    assert data.fetch("toy") == data.cache_folder() / "toy.bin"
    assert server.requests == ["/good"]


# El registro


@pytest.mark.parametrize("sha256", [None, ""])
def test_a_file_without_checksum_is_refused(register, server, sha256):
    """Sin huella no se descarga nada."""
    register(sha256=sha256)
    message = "La ficha de 'toy' no tiene sha256: añádelo a registry.yml; sin él no se usa el archivo."
    fails_with(message, ValueError)
    assert server.requests == []


def test_an_unknown_name_is_refused(register):
    """El error enumera los nombres válidos."""
    register()
    fails_with("name='toi': se requiere uno de ['toy'].", ValueError, lambda: data.fetch("toi"))


@pytest.mark.parametrize("name", data.registry())
def test_every_entry_is_complete(name):
    """Cada ficha dice de dónde sale el archivo, cómo se comprueba, con qué licencia y cuándo se obtuvo."""
    entry = data.registry()[name]
    assert re.fullmatch(r"[\w.-]+", entry["file"])
    assert entry["url"].startswith("https://") and entry["source"].startswith("https://")
    algorithm = next(key for key in data.ALGORITHMS if key in entry)
    assert re.fullmatch("[0-9a-f]{32}" if algorithm == "md5" else "[0-9a-f]{64}", entry[algorithm])
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in entry.get("content", {}).values())
    assert entry["title"] and entry["licence"]
    assert isinstance(entry["retrieved"], date)


def test_no_two_entries_share_a_file():
    """Dos conjuntos con el mismo nombre de archivo se pisarían en la caché."""
    names = [entry["file"] for entry in data.registry().values()]
    assert len(names) == len(set(names))


# Ridership, con un archivo pequeño escrito a mano

MEMBER = "carpeta/viajeros.csv"
CSV = """service_date,day_type,bus,rail_boardings,total_rides
01/03/2001,W,30,3,33
01/01/2001,U,10,1,11
01/02/2001,W,20,2,22
01/03/2001,W,30,3,33
"""


@pytest.fixture
def archive(monkeypatch, home):
    """Deja un ridership.tgz con lo que se diga donde RECURRENTES_DATA lo encuentra."""

    def write(content, **changes):
        (home / "ridership.tgz").write_bytes(content)
        entry = {"file": "ridership.tgz", "sha256": hashlib.sha256(content).hexdigest(), "member": MEMBER} | changes
        monkeypatch.setattr(data, "registry", lambda: {"ridership": entry})
        monkeypatch.setenv("RECURRENTES_DATA", str(home))

    return write


def packed(text=CSV):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        info = tarfile.TarInfo(MEMBER)
        info.size = len(text)
        tar.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


def test_cleaning_by_hand(archive):
    """Cuatro filas desordenadas, una repetida: quedan tres días, en orden y con los nombres del curso."""
    archive(packed())
    clean = data.load_ridership()
    assert clean.index.equals(pd.date_range("2001-01-01", periods=3, freq="D", name="date"))
    assert clean.to_dict("list") == {
        "day_type": ["U", "W", "W"],
        "bus": [10, 20, 30],
        "rail": [1, 2, 3],
        "total": [11, 22, 33],
    }


def test_the_raw_table(archive):
    """Sin limpiar, la tabla es la del archivo."""
    archive(packed())
    raw = data.load_ridership(clean=False)
    assert raw.columns.tolist() == ["service_date", "day_type", "bus", "rail_boardings", "total_rides"]
    assert raw["bus"].tolist() == [30, 10, 20, 30]


@pytest.mark.parametrize(
    ("content", "changes", "reason"),
    [
        (b"no es un archivo tar", {}, "ReadError"),
        (packed()[:60], {}, "EOFError"),
        (packed(), {"member": "otro.csv"}, "KeyError"),
    ],
    ids=["no es tar", "cortado", "sin el miembro"],
)
def test_an_unreadable_archive(archive, home, content, changes, reason):
    """Un archivo con la huella registrada que no se puede leer es un error del registro, y se dice."""
    archive(content, **changes)
    fails_with(
        f"{home}/ridership.tgz: no se puede leer dentro {changes.get('member', MEMBER)} ({reason}), aunque su SHA-256 "
        "es el del registro. Revisa sus campos sha256 y member en registry.yml.",
        action=data.load_ridership,
    )


# Ridership, con el archivo real


@pytest.fixture(scope="module")
def ridership():
    """Las tablas sin limpiar y limpia; sin los datos, estas pruebas fallan: no se saltan."""
    try:
        return data.load_ridership(clean=False), data.load_ridership()
    except data.DataError as error:
        pytest.fail(f"Estas pruebas necesitan los datos reales. {error}")


@pytest.mark.data
def test_ridership_repeats_two_months(ridership):
    """7701 filas; las repetidas son los 31 días de octubre de 2011 y los 31 de julio de 2014."""
    raw, _ = ridership
    repeated = raw.loc[raw.duplicated(), "service_date"]
    assert len(raw) == 7701
    assert repeated.dt.strftime("%Y-%m").value_counts().to_dict() == {"2011-10": 31, "2014-07": 31}
    assert repeated.is_unique


@pytest.mark.data
def test_ridership_has_no_gaps(ridership):
    """7639 días seguidos, sin huecos ni valores ausentes, del 2001-01-01 al 2021-11-30."""
    _, clean = ridership
    assert clean.index.equals(pd.date_range("2001-01-01", "2021-11-30", freq="D", name="date"))
    assert clean.shape == (7639, 4) and clean.columns.tolist() == ["day_type", "bus", "rail", "total"]
    assert not clean.isna().any(axis=None)
    assert set(clean["day_type"]) == {"W", "A", "U"}


@pytest.mark.data
def test_ridership_adds_up(ridership):
    """Autobús y tren suman el total, todos los días; y los laborables no caen en fin de semana."""
    _, clean = ridership
    assert (clean["bus"] + clean["rail"] == clean["total"]).all()
    assert (clean["bus"] > 0).all() and (clean["rail"] > 0).all()
    assert (clean.index.day_of_week[clean["day_type"] == "W"] < 5).all()


# IMDB, con archivos pequeños

REVIEWS = {  # el orden de los ids es el de sus cadenas: «10_» va antes que «9_»
    "train/neg/9_1.txt": "Peor\tque mala.",
    "train/neg/10_2.txt": "Mala.<br /><br />Muy mala.",
    "train/pos/0_9.txt": "Buena, y con acentos: ¡qué película! 🎬",
    "train/pos/1_7.txt": "",
    "test/neg/0_2.txt": "Aburrida\x85",
    "test/pos/0_10.txt": "Redonda",
}
OTHERS = {
    "README": "train/neg/1_1.txt",
    "imdb.vocab": "mala",
    "train/unsup/0_0.txt": "sin opinión",
    "train/urls_neg.txt": "http://localhost",
    "train/labeledBow.feat": "1 0:9",
    "train/neg/antiguas/9_1.txt": "en otra carpeta",
}
ADVICE = "Remedio: cambia el archivo, o la carpeta que nombra RECURRENTES_DATA."


def digests(reviews):
    """La huella de cada parte, calculada como la define su documentación."""
    found = {}
    for split in ("train", "test"):
        total = hashlib.sha256()
        for label in ("neg", "pos"):
            folder = f"{split}/{label}/"
            for name in sorted(id.removeprefix(folder) for id in reviews if id.startswith(folder)):
                total.update(f"{split}/{label}/{name}\0".encode())
                total.update(hashlib.sha256(reviews[folder + name].encode()).digest())
        found[split] = total.hexdigest()
    return found


def pack_reviews(members, mode="w:gz"):
    """Un archivo con la forma del oficial: carpetas, y estos miembros (pares de nombre y texto) en este orden."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as tar:
        for folder in ("", "/train", "/train/neg", "/train/neg/carpeta.txt"):
            info = tarfile.TarInfo(f"aclImdb{folder}")
            info.type = tarfile.DIRTYPE
            tar.addfile(info)
        for name, text in members:
            info = tarfile.TarInfo(f"aclImdb/{name}")
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


def shuffled(reviews):
    """Las reseñas y lo demás que trae el archivo oficial, en un orden que no es el de los ids."""
    members = [*reviews.items(), *OTHERS.items()]
    random.Random(0).shuffle(members)
    return members


@pytest.fixture
def imdb(monkeypatch, home):
    """Deja un archivo de reseñas donde RECURRENTES_DATA lo encuentra, y registra las huellas de ``REVIEWS``."""
    (home / "datos").mkdir()
    monkeypatch.setenv("RECURRENTES_DATA", str(home / "datos"))

    def write(packed, file="aclImdb_v1.tar.gz", **changes):
        path = home / "datos" / file
        path.write_bytes(packed)
        entry = {
            "file": "aclImdb_v1.tar.gz",
            "reduced": "aclImdb_labelled.tar.xz",
            "md5": hashlib.md5(packed).hexdigest(),
            "content": digests(REVIEWS),
        }
        monkeypatch.setattr(data, "registry", lambda: {"imdb": entry | changes})
        return path

    return write


@pytest.fixture
def good_imdb(imdb):
    """El archivo reducido, con las reseñas registradas."""
    return imdb(pack_reviews(REVIEWS.items(), "w:xz"), "aclImdb_labelled.tar.xz")


@pytest.mark.parametrize(
    ("file", "mode"), [("aclImdb_v1.tar.gz", "w:gz"), ("aclImdb_labelled.tar.xz", "w:xz")], ids=["oficial", "reducido"]
)
def test_reviews_by_hand(imdb, file, mode):
    """Negativas primero y nombres en orden de cadena, con el texto intacto; lo demás del archivo no se lee."""
    archive = imdb(pack_reviews(shuffled(REVIEWS), mode), file)
    first = data.load_imdb("train")
    assert first.index.tolist() == ["train/neg/10_2.txt", "train/neg/9_1.txt", "train/pos/0_9.txt", "train/pos/1_7.txt"]
    assert first.index.name == "id" and first.columns.tolist() == ["text", "label"]
    assert first["text"].to_dict() == {id: REVIEWS[id] for id in first.index}
    assert first["label"].tolist() == [0, 0, 1, 1]
    test = data.load_imdb("test")
    assert test["text"].to_dict() == {id: text for id, text in REVIEWS.items() if id.startswith("test")}
    archive.unlink()  # desde aquí, solo la copia de la caché
    pd.testing.assert_frame_equal(data.load_imdb("train"), first)
    pd.testing.assert_frame_equal(data.load_imdb("test"), test)
    assert sorted(path.name for path in files_in(data.cache_folder())) == ["imdb-test.tsv", "imdb-train.tsv"]


def test_an_unknown_split_is_refused(good_imdb):
    """Se dice cuáles hay; no se lee nada."""
    message = "split='valid': se requiere uno de ['test', 'train']."
    fails_with(message, ValueError, lambda: data.load_imdb("valid"))


def test_reviews_without_a_digest_are_refused(imdb):
    """Sin huella del contenido en el registro no se usa el archivo."""
    imdb(pack_reviews(REVIEWS.items()), content={"train": None, "test": None})
    with pytest.raises(data.DataError, match="debía ser None"):
        data.load_imdb("train")
    assert not data.cache_folder().exists()


def test_a_damaged_copy_is_written_again(good_imdb):
    """Con la copia cambiada, cortada o alargada en cualquier sitio, las reseñas son las mismas y la copia se rehace."""
    whole = data.load_imdb("train")
    copy = data.cache_folder() / "imdb-train.tsv"
    content, rng = copy.read_bytes(), random.Random(0)
    damaged = [b"", b"\n", content + b"\n", content * 2, content[:-1], bytes(len(content))]
    for _ in range(100):
        start, end = sorted(rng.choices(range(len(content) + 1), k=2))
        damaged.append(content[:start] + rng.randbytes(rng.randrange(4)) + content[end:])
    for other in damaged:
        copy.write_bytes(other)
        pd.testing.assert_frame_equal(data.load_imdb("train"), whole)
        assert data._content_digest(data._read_copy("train")) == digests(REVIEWS)["train"]


@pytest.mark.parametrize("code", [errno.EACCES, errno.ENOSPC], ids=["sin permiso", "sin espacio"])
def test_reviews_without_a_writable_cache(good_imdb, monkeypatch, code):
    """Si no se puede escribir la copia, se lee el archivo cada vez y no queda nada a medias."""

    def fail(*args):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "replace", fail)
    assert len(data.load_imdb("train")) == len(data.load_imdb("train")) == 4
    assert files_in(data.cache_folder()) == []


def test_reviews_where_the_cache_is_not_a_folder(good_imdb, home):
    """Tampoco estorba que en lugar de la carpeta de la caché haya un archivo, o de la copia una carpeta."""
    (home / "cache").write_text("ocupado")
    assert len(data.load_imdb("train")) == 4
    (home / "cache").unlink()
    (data.cache_folder() / "imdb-train.tsv").mkdir(parents=True)
    assert len(data.load_imdb("train")) == 4
    assert [path.name for path in files_in(data.cache_folder())] == ["imdb-test.tsv"]


def test_an_interrupted_copy_leaves_nothing(good_imdb, monkeypatch):
    """Con Ctrl-C mientras se guarda la copia, no queda nada a medias."""

    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        data.load_imdb("train")
    assert files_in(data.cache_folder()) == []


def test_many_readers_at_once(good_imdb):
    """Varios leen mientras otros reescriben la copia: nadie ve una copia a medias, ni vuelve al archivo."""
    whole = data.load_imdb("train")
    reviews = [(id.encode(), text.encode()) for id, text in whole["text"].items()]
    good_imdb.unlink()

    def use(worker):
        for _ in range(50):
            if worker % 2:
                data._write_copy("train", reviews)
            else:
                pd.testing.assert_frame_equal(data.load_imdb("train"), whole)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(use, range(6)))
    assert sorted(path.name for path in files_in(data.cache_folder())) == ["imdb-test.tsv", "imdb-train.tsv"]


def without(id):
    return {other: text for other, text in REVIEWS.items() if other != id}


@pytest.mark.parametrize(
    ("members", "split", "count"),
    [
        ((REVIEWS | {"train/pos/1_7.txt": " "}).items(), "train", 4),
        (without("test/neg/0_2.txt").items(), "test", 1),
        ((REVIEWS | {"test/neg/1_1.txt": "De más"}).items(), "test", 3),
        ([*REVIEWS.items(), ("train/pos/1_7.txt", "")], "train", 5),
        ((without("train/pos/1_7.txt") | {"train/neg/1_7.txt": ""}).items(), "train", 4),
        ((REVIEWS | {"train/pos/\udcff_9.txt": "Nombre que no es UTF-8"}).items(), "train", 5),
        ([], "train", 0),
    ],
    ids=["texto cambiado", "falta una", "sobra una", "repetida", "otra opinión", "nombre ilegible", "ninguna"],
)
@pytest.mark.parametrize("file", ["aclImdb_v1.tar.gz", "aclImdb_labelled.tar.xz"])
def test_other_reviews_are_refused(imdb, file, members, split, count):
    """Una sola diferencia en las reseñas de cualquier parte invalida el archivo, y no se guarda nada."""
    archive = imdb(pack_reviews(members), file)
    found = hashlib.sha256()
    for id, text in sorted(member for member in members if member[0].startswith(split)):
        found.update(f"{id}\0".encode(errors="surrogateescape") + hashlib.sha256(text.encode()).digest())
    fails_with(
        f"{archive}: sus reseñas no son las esperadas. La huella de las de {split} debía ser {digests(REVIEWS)[split]} "
        f"y es {found.hexdigest()} ({count} reseñas). {ADVICE}",
        action=lambda: data.load_imdb("train"),
    )
    assert not data.cache_folder().exists()


@pytest.mark.parametrize("mode", ["w:gz", "w:xz"])
def test_a_cut_archive_is_refused(imdb, mode):
    """Cortado por donde sea, o con otra cosa dentro, se rechaza con un mensaje en español."""
    whole = pack_reviews(shuffled(REVIEWS), mode)
    cuts = [whole[:size] for size in range(0, len(whole) - 64, 29)]
    for content in [*cuts, b"no es un archivo tar", whole[: len(whole) // 2] + bytes(99)]:
        archive = imdb(content, "aclImdb_labelled.tar.xz")
        with pytest.raises(data.DataError) as error:
            data.load_imdb("train")
        assert str(error.value).startswith(f"{archive}: ") and str(error.value).endswith(ADVICE)
        assert "no se puede leer hasta el final" in str(error.value) or "no son las esperadas" in str(error.value)
    assert not data.cache_folder().exists()


def test_the_official_archive_is_downloaded_and_checked(imdb, monkeypatch, server, capsys):
    """Con el MD5 registrado se usa y se guarda; se ve el progreso en español, y nada cuando ya está aquí."""
    noise = [("train/unsup/0_0.txt", random.Random(0).randbytes(1_200_000).hex())]  # para que pase de un megabyte
    content = pack_reviews([*REVIEWS.items(), *noise])
    size = f"{len(content) / 1e6:.0f}"
    server.added["/imdb"] = content
    url = f"http://127.0.0.1:{server.server_port}/imdb"
    imdb(content, url=url).unlink()
    first = data.load_imdb("train")
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"\rDescargando aclImdb_v1.tar.gz: 1 de {size} MB") and said.err.endswith(" MB\n")
    (data.cache_folder() / "imdb-train.tsv").unlink()
    pd.testing.assert_frame_equal(data.load_imdb("train"), first)
    pd.testing.assert_frame_equal(data.load_imdb("train"), first)
    assert capsys.readouterr() == ("", "")


def test_a_download_with_another_md5_is_refused(imdb, server):
    """Un archivo con las reseñas correctas y otro MD5 no es el oficial: no se guarda."""
    server.added["/imdb"] = pack_reviews(REVIEWS.items())
    url = f"http://127.0.0.1:{server.server_port}/imdb"
    imdb(b"otro", url=url).unlink()
    fails_with(
        f"La descarga de {url} no es el archivo esperado: su MD5 no es {hashlib.md5(b'otro').hexdigest()}. No se ha "
        "guardado nada. Vuelve a intentarlo; si se repite, avisa: quizá haya cambiado el archivo público.",
        action=lambda: data.load_imdb("train"),
    )
    assert files_in(data.cache_folder()) == []


def test_a_cut_download_of_reviews(imdb, server):
    """Si la descarga se corta no queda nada, y el intento siguiente empieza de cero."""
    url = f"http://127.0.0.1:{server.server_port}/truncated"
    imdb(b"otro", url=url).unlink()
    fails_with(
        f"La descarga de {url} se cortó. No se ha guardado nada. Vuelve a intentarlo.",
        action=lambda: data.load_imdb("train"),
    )
    assert files_in(data.cache_folder()) == []


# IMDB, con las reseñas reales

MEASURE = """
import re, time
from pathlib import Path
from recurrentes import data
seconds = []
for split in ("train", "train", "test"):  # del archivo, de la copia, de la copia
    start = time.process_time()
    data.load_imdb(split)
    seconds.append(time.process_time() - start)
status = Path("/proc/self/status").read_text()  # getrusage cuenta también el proceso del que nació este
print(*seconds, int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1]) / 1e6)
"""


@pytest.fixture(scope="module")
def only_the_archive(tmp_path_factory):
    """El archivo real a mano y la caché vacía, en una carpeta temporal; sin los datos, estas pruebas fallan."""
    try:
        archive = data._in_named_folder(data.registry()["imdb"]["reduced"]) or data.fetch("imdb")
    except data.DataError as error:
        pytest.fail(f"Estas pruebas necesitan los datos reales. {error}")
    return {"RECURRENTES_DATA": str(archive.parent), "XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache"))}


@pytest.fixture(scope="module")
def reviews(only_the_archive):
    """Las dos partes."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in only_the_archive.items():
            patch.setenv(name, value)
        return data.load_imdb("train"), data.load_imdb("test")


@pytest.mark.data
def test_imdb_is_balanced(reviews):
    """25 000 reseñas en cada parte, la mitad positivas, y la puntuación que hay en su nombre lo confirma."""
    for split, table in zip(("train", "test"), reviews, strict=True):
        assert table.shape == (25_000, 2) and table.index.is_unique
        assert table["label"].tolist() == [0] * 12_500 + [1] * 12_500
        parts = table.index.str.extract(rf"^{split}/(neg|pos)/\d+_(\d+)\.txt$")
        assert ((parts[0] == "pos").astype(int).to_numpy() == table["label"]).all()
        assert (parts[1].astype(int) >= 7).tolist() == table["label"].astype(bool).tolist()
        assert (parts[1].astype(int).isin([1, 2, 3, 4, 7, 8, 9, 10])).all()


@pytest.mark.data
def test_imdb_tokens(reviews):
    """Como la vectorización de Keras: en minúsculas y sin signos, 88 582 palabras distintas y 237.71 por reseña."""
    signs = str.maketrans(dict.fromkeys('!"#$%&()*+,-./:;<=>?@[\\]^_{|}~`\t\n', " "))
    tokens = [[token for token in text.lower().translate(signs).split(" ") if token] for text in reviews[0]["text"]]
    assert len(set().union(*tokens)) == 88_582
    assert round(np.mean([len(review) for review in tokens]), 2) == 237.71


@pytest.mark.data
def test_imdb_repeats_reviews(reviews):
    """24 904 distintas en una parte, 24 801 en la otra y 123 en las dos."""
    train, test = (set(table["text"]) for table in reviews)
    assert (len(train), len(test), len(train & test)) == (24_904, 24_801, 123)


@pytest.mark.data
@pytest.mark.skipif(sys.platform != "linux", reason="la memoria se lee en /proc")
def test_imdb_is_quick_and_small(only_the_archive, tmp_path):
    """10 s de un núcleo para leer las 50 000 del archivo, 1 s para leer la copia y menos de 1 GB en todo momento."""
    environment = os.environ | only_the_archive | {"XDG_CACHE_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", MEASURE], env=environment, capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    reading, *copies, gigabytes = map(float, done.stdout.split())
    assert reading < 10 and max(copies) < 1 and gigabytes < 1, done.stdout


# Ventas sintéticas


def ventas(seed=0, **arguments):
    return data.make_ventas(rng=np.random.default_rng(seed), **arguments)


def test_ventas_by_hand():
    """Sin ruido: 200 de base, 0.05 más por día, el efecto de cada día de la semana y el seno del año."""
    table = ventas(n_days=15, noise=0)
    assert table.columns.tolist() == ["sales", "trend", "weekly", "yearly", "promotion", "noise"]
    assert table.index[0] == pd.Timestamp("2018-01-01") and table.index[0].day_name() == "Monday"
    assert table["trend"].tolist() == pytest.approx([200 + 0.05 * day for day in range(15)])
    assert table["weekly"].tolist() == [-20, -25, -15, -5, 20, 45, 0] * 2 + [-20]
    assert table["yearly"].iloc[10] == pytest.approx(30 * np.sin(2 * np.pi * 10 / 365.25))
    assert table["sales"].iloc[8] == pytest.approx(
        200.4 - 25 + 30 * np.sin(16 * np.pi / 365.25) + table["promotion"].iloc[8]
    )
    assert (table["noise"] == 0).all()


@given(st.integers(1, 800), st.floats(0, 50), st.integers(0, 2**32))
def test_ventas_add_up(n_days, noise, seed):
    """Las ventas son la suma de sus cinco partes, con cualquier longitud, ruido y semilla."""
    table = ventas(seed, n_days=n_days, noise=noise)
    assert table.shape == (n_days, 6)
    assert np.allclose(table["sales"], table.drop(columns="sales").sum(axis=1))


def test_the_weekly_season_sums_to_zero():
    """Siete días seguidos cualesquiera suman cero: la semana no cambia el nivel."""
    assert ventas()["weekly"].rolling(7).sum().dropna().tolist() == pytest.approx([0] * (1461 - 6))


def test_promotions_last_whole_weeks():
    """Cada promoción dura una semana entera y suma 40; hay una de cada diez semanas, más o menos."""
    promotion = ventas(n_days=7 * 2000)["promotion"].to_numpy().reshape(-1, 7)
    assert (promotion == promotion[:, :1]).all() and set(promotion.ravel()) == {0, 40}
    assert (promotion[:, 0] > 0).mean() == pytest.approx(0.1, abs=0.03)  # más de cuatro errores típicos


def test_the_noise_has_the_size_that_is_asked_for():
    """Desviación típica pedida, media cero, sin memoria; el doble de ruido es el mismo ruido por dos."""
    noise = ventas(n_days=20_000, noise=5)["noise"]
    assert noise.std() == pytest.approx(5, rel=0.03) and noise.mean() == pytest.approx(0, abs=0.2)
    assert noise.autocorr(1) == pytest.approx(0, abs=0.04)
    assert ventas(n_days=20_000, noise=10)["noise"].tolist() == pytest.approx((2 * noise).tolist())


def test_the_noise_floor():
    """Quien conociera todo menos el ruido tendría un error absoluto medio de noise · sqrt(2 / π)."""
    table = ventas(n_days=20_000)
    best = table[["trend", "weekly", "yearly", "promotion"]].sum(axis=1)
    assert (table["sales"] - best).abs().mean() == pytest.approx(10 * np.sqrt(2 / np.pi), rel=0.03)


def test_ventas_depend_only_on_rng():
    """La misma semilla da la misma serie, y otra semilla otra; el generador global no interviene."""
    first = ventas(7)
    np.random.seed(1)
    assert first.equals(ventas(7))
    assert not first["noise"].equals(ventas(8)["noise"])


@pytest.mark.parametrize(("n_days", "noise"), [(0, 1), (10, -1)])
def test_impossible_ventas(n_days, noise):
    """Sin días, o con ruido negativo, no hay serie."""
    message = f"n_days={n_days} y noise={noise}: se requiere n_days >= 1 y noise >= 0."
    fails_with(message, ValueError, lambda: ventas(n_days=n_days, noise=noise))


# Quijote y corales, con archivos pequeños

BOOK = (
    "The Project Gutenberg EBook\r\n\r\n*** START OF THIS PROJECT GUTENBERG EBOOK DON QUIJOTE ***\r\n\r\nTASA\r\n\r\n"
    "Capítulo primero. Que trata\r\nde la condición\r\n\r\n\r\nEn un lugar\r\nde la Mancha.\r\n\r\n"
    "   ¡Tate,\r\n   tate!\r\n"
    "\r\nCapítulo II. Otro\r\n\r\n-Sí\r\n\r\n\r\n\r\n\r\nSegunda parte\r\n\r\nPRÓLOGO\r\n\r\n"
    "Capítulo Primero. De nuevo\r\n\r\nVale.\r\n\r\n\r\n\r\nFin\r\n\r\nEnd of Project Gutenberg's Don Quijote\r\n"
)


@pytest.fixture
def named_folder(monkeypatch, home):
    """Deja un archivo donde RECURRENTES_DATA lo encuentra, con su huella en el registro."""
    (home / "datos").mkdir()
    monkeypatch.setenv("RECURRENTES_DATA", str(home / "datos"))

    def write(name, content):
        entry = data.registry()[name]
        (home / "datos" / entry["file"]).write_bytes(content)
        monkeypatch.setattr(data, "registry", lambda: {name: entry | {"sha256": hashlib.sha256(content).hexdigest()}})

    return write


def test_chapters_by_hand(named_folder):
    """Sin envoltura ni preliminares; párrafos y versos, en una línea cada uno."""
    named_folder("quijote", BOOK.encode("latin-1"))
    book = data.load_quijote()
    assert book["text"].tolist() == [
        "Capítulo primero. Que trata de la condición\nEn un lugar de la Mancha.\n¡Tate,\ntate!\n",
        "Capítulo II. Otro\n-Sí\n",
        "Capítulo Primero. De nuevo\nVale.\n",
    ]
    assert book[["part", "chapter"]].to_numpy().tolist() == [[1, 1], [1, 2], [2, 1]]
    assert book["title"][0] == "Capítulo primero. Que trata de la condición"
    assert book["split"].tolist() == ["train"] * 3


@pytest.mark.parametrize("cut", ["*** START", "End of Project", "Capítulo Primero"])
def test_a_book_without_its_parts_is_refused(named_folder, cut):
    named_folder("quijote", BOOK.replace(cut, "").encode("latin-1"))
    with pytest.raises(data.DataError, match="se esperaban la cabecera y el pie de Gutenberg y dos partes"):
        data.load_quijote()


def pack_chorales(files):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(f"jsb_chorales/{name}")
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


def test_chorales_by_hand(named_folder):
    header = "note0,note1,note2,note3\n"
    files = {
        "train/chorale_001.csv": header + "74,70,65,58\n0,70,65,58\n",
        "train/chorale_000.csv": header + "1,2,3,4\n",
    }
    named_folder("chorales", pack_chorales(files | {"valid/chorale_002.csv": header + "5,6,7,8\n", "README": ""}))
    train = data.load_chorales("train")
    assert list(train) == ["chorale_000", "chorale_001"]
    assert train["chorale_001"].tolist() == [[74, 70, 65, 58], [0, 70, 65, 58]]
    assert list(data.load_chorales("valid")) == ["chorale_002"] and data.load_chorales("test") == {}


def test_an_unknown_part_of_the_chorales_is_refused():
    fails_with(
        "split='validation': se requiere uno de ['test', 'train', 'valid'].",
        ValueError,
        lambda: data.load_chorales("validation"),
    )


def test_an_unreadable_archive_of_chorales(named_folder):
    named_folder("chorales", b"no es un tar")
    with pytest.raises(data.DataError, match=r"no se pueden leer dentro los corales \(ReadError\)"):
        data.load_chorales("train")


# Frases de Tatoeba: se comprueba lo que hay dentro del zip

PAIRS = "Go.\tVe.\nGo.\tVete.\nIt's Ñandú\tEs ñandú.\n"
PAIRS_SHA256 = hashlib.sha256(PAIRS.encode()).hexdigest()


def zipped(text=PAIRS, name="carpeta/frases.txt", note=b""):
    """Un zip con ese texto; ``note`` cambia los bytes del zip y no los del texto."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = note
        archive.writestr(name, text)
    return buffer.getvalue()


@pytest.fixture
def sentences(register, server, monkeypatch):
    """Registra un zip de frases del que solo se conoce la huella del texto, y lo sirve como se diga."""

    def add(content):
        server.added["/frases"] = content
        fields = {"file": "frases.zip", "member": "carpeta/frases.txt", "member_sha256": PAIRS_SHA256}
        entry = {"url": f"http://127.0.0.1:{server.server_port}/frases"} | fields
        monkeypatch.setattr(data, "registry", lambda: {"spa-eng": entry})
        return entry

    return add


@pytest.mark.parametrize("note", [b"", b"otro empaquetado"])
def test_any_zip_of_the_same_text(sentences, server, note):
    """Dos zip distintos con el mismo texto valen lo mismo; se descarga una vez y solo queda el zip."""
    sentences(zipped(note=note))
    for _ in range(2):
        table = data.load_spa_eng()
    assert table.to_dict("list") == {
        "english": ["Go.", "Go.", "It's Ñandú"],
        "spanish": ["Ve.", "Vete.", "Es ñandú."],
    }
    assert files_in(data.cache_folder()) == [data.cache_folder() / "frases.zip"]
    assert server.requests == ["/frases"]


@pytest.mark.parametrize(
    "content",
    [zipped("Go.\tVe.\n"), zipped(name="otro.txt"), zipped()[:80], b"no es un zip"],
    ids=["otro texto", "otro nombre", "cortado", "no es zip"],
)
def test_another_text_is_not_kept(sentences, content):
    """Un zip sin ese texto no se guarda, ni queda nada a medias."""
    entry = sentences(content)
    fails_with(
        f"La descarga de {entry['url']} no es el archivo esperado: su SHA-256 interior no es {PAIRS_SHA256}. No se ha "
        "guardado nada. Vuelve a intentarlo; si se repite, avisa: quizá haya cambiado el archivo público.",
        action=data.load_spa_eng,
    )
    assert files_in(data.cache_folder()) == []


def test_a_named_folder_with_another_text(sentences, monkeypatch, home):
    """Un zip local que no es se denuncia."""
    sentences(zipped())
    (home / "frases.zip").write_bytes(b"no es un zip")
    monkeypatch.setenv("RECURRENTES_DATA", str(home))
    fails_with(
        f"{home}/frases.zip está dañado o no es el archivo esperado: se esperaba SHA-256 interior {PAIRS_SHA256} y "
        "tiene ninguna (12 bytes). Remedio: cambia el archivo, o la carpeta que nombra RECURRENTES_DATA.",
        action=data.load_spa_eng,
    )


@pytest.mark.data
def test_the_real_sentences():
    """118 964 parejas distintas de 102 904 frases inglesas, sin huecos y con las cortas antes."""
    try:
        table = data.load_spa_eng()
    except data.DataError as error:
        pytest.fail(f"Estas pruebas necesitan los datos reales. {error}")
    assert table.shape == (118_964, 2) and table.columns.tolist() == ["english", "spanish"]
    assert not table.duplicated().any() and table["english"].nunique() == 102_904
    assert not table.isna().any(axis=None) and (table.map(len) > 0).all(axis=None)
    assert table.iloc[0].tolist() == ["Go.", "Ve."]
    lengths = table["english"].str.len()
    assert lengths[:50_000].max() < 30 < 40 < lengths[-10_000:].min()
