"""The task list: `./nox -l` shows it, `./nox -s NAME -- ARGS` runs one task."""

import argparse
import datetime
import hashlib
import os
import shutil
import sys
from pathlib import Path

import nox

nox.options.sessions = ["lint", "test"]
nox.options.reuse_venv = "yes"
# Not uv: pip follows the index, proxy and certificates that people have set up for it.
nox.options.default_venv_backend = "virtualenv"

ROOT = Path(__file__).resolve().parent
GROUPS = nox.project.load_toml("pyproject.toml")
# What is too heavy to be made for every clone; they share it.
CACHES = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
CACHE = Path(os.environ.get("BITAUG_CACHE") or f"{CACHES}/bitaug").expanduser().resolve()
# Each has an adapter, whose tests need its packages.
LOADERS = ("keras", "tf", "grain", "huggingface", "webdataset", "ray")
# The stories run with torch, but for the one that Keras' users tell.
KERAS_STORY = "tests/stories/test_5_precomputed.py"
# What runs where no adapter's packages are.
ORDINARY = [
    *("tests", "--doctest-modules", "--pyargs", "bitaug"),
    *(f"--ignore=tests/{name}" for name in ("torch", "stories")),
    *(f"--ignore=tests/loaders/{name}" for name in LOADERS),
    *(f"--ignore-glob=*/bitaug/{name}*" for name in ("torch", *LOADERS)),
    # a process for each core
    *("-n", "auto", "--dist", "worksteal"),
]
# Every build names the same interpreter, or cargo would compile the binding for each environment.
PYO3 = {"PYO3_PYTHON": sys.executable}


def group(name: str) -> tuple[str, ...]:
    return nox.project.dependency_groups(GROUPS, name)


def cargo(session: nox.Session, *args: str, **env: str) -> None:
    session.run("cargo", *args, env=PYO3 | env, external=True)


def rust_tests(session: nox.Session, *args: str, **env: str) -> None:
    """Of the workspace: then the core is compiled with the wheel's features, once for both."""
    cargo(session, "test", "--release", "--workspace", *args, **env)


def ask(session: nox.Session, *command: str) -> str:
    return str(session.run(*command, external=True, silent=True)).strip()


def install_package(session: nox.Session) -> Path:
    """Installs the wheel of the present sources; building it again costs little if none changed."""
    wheels = ROOT / "target" / "wheels"
    shutil.rmtree(wheels, ignore_errors=True)
    session.install(*group("build"))
    session.run("maturin", "build", "--release", "--out", str(wheels), env=PYO3)
    (built,) = wheels.glob("*.whl")
    session.install("--no-deps", "--force-reinstall", str(built))
    return built


def shared(session: nox.Session, name: str, **env: str) -> str:
    """The interpreter of a group's environment, which all clones share."""
    requirements = sorted(group(name))
    key = hashlib.sha256("\n".join([sys.version, *requirements]).encode()).hexdigest()[:12]
    folder = CACHE / "envs" / f"{name}-{key}"
    python = str(folder / "bin" / "python")
    ready = folder / "ready"  # written last, so that an interrupted set-up starts anew
    if not ready.exists():
        for old in folder.parent.glob(f"{name}-*"):
            shutil.rmtree(old)
        session.run(sys.executable, "-m", "venv", str(folder), external=True)
        install = [python, "-m", "pip", "install", "--quiet", *requirements]
        session.run(*install, env=env, external=True)
        ready.touch()
    return python


def borrow(session: nox.Session, name: str) -> None:
    """Makes a group importable from its shared environment.

    The package itself goes into the session's own environment, so the shared one never changes.
    """
    purelib = "import sysconfig; print(sysconfig.get_path('purelib'))"
    link = Path(ask(session, "python", "-c", purelib), f"{name}.pth")
    link.write_text(ask(session, shared(session, name), "-c", purelib) + "\n")


@nox.session
def demo(session: nox.Session) -> None:
    """Augment the bundled photos, draw demo/contact-sheet.png and print the output digest."""
    session.install(*group("demo"))
    install_package(session)
    session.run("python", "demo/demo.py")


@nox.session
def pictures(session: nox.Session) -> None:
    """Draw the pictures of the pages in docs/, or of those named: `-- tf order`."""
    for name in ("torch", "ray", "grain", "keras", "huggingface", "webdataset"):
        borrow(session, name)
    install_package(session)
    session.run("python", "-m", "docs.pictures", *session.posargs)


@nox.session
def test(session: nox.Session) -> None:
    """The ordinary tests, Rust and Python, and the examples in the docstrings."""
    rust_tests(session, "--", "--show-output")
    session.install(*group("test"))
    install_package(session)
    session.run("python", "-m", "pytest", *ORDINARY, *session.posargs)


@nox.session
def deep(session: nox.Session) -> None:
    """What takes long: `-- --sample 16` runs a part of it, by the date or `--seed 739000`."""
    parser = argparse.ArgumentParser(prog="./nox -s deep --")
    parser.add_argument("--sample", type=int, default=1, help="one case in so many")
    parser.add_argument("--seed", type=int, default=datetime.date.today().toordinal())
    given, args = parser.parse_known_args(session.posargs)
    session.log(f"again: ./nox -s deep -- --sample {given.sample} --seed {given.seed}")
    env = {"BITAUG_DEEP": f"{given.seed}/{given.sample}"}
    rust_tests(session, "--test", "plan", "--", "--show-output", **env)
    session.install(*group("test"))
    install_package(session)
    args.append(f"--hypothesis-seed={given.seed}")
    session.run("python", "-m", "pytest", *ORDINARY, *args, env=env)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Random and hostile input: `-- --minutes 10 [--seed N] [--only api|documents|order]`."""
    session.install(*group("test"))
    install_package(session)
    session.run("python", "-m", "tests.fuzz", *session.posargs)


@nox.session
def torch(session: nox.Session) -> None:
    """The tests with the real torch (about 6 GB, installed once), the stories among them."""
    borrow(session, "torch")
    install_package(session)
    what = ["tests/torch", "tests/stories", "--doctest-modules", "--pyargs", "bitaug.torch"]
    session.run("python", "-m", "pytest", *what, f"--ignore={KERAS_STORY}", *session.posargs)


@nox.session
@nox.parametrize("name", [nox.param(name, id=name) for name in LOADERS])
def loaders(session: nox.Session, name: str) -> None:
    """The tests of each adapter with its real, current packages: `./nox -s "loaders(keras)"`."""
    borrow(session, "keras" if name == "tf" else name)
    install_package(session)
    what = [f"tests/loaders/{name}", *([KERAS_STORY] if name == "keras" else [])]
    what += ["--doctest-modules", "--pyargs", f"bitaug.{name}"]
    session.run("python", "-m", "pytest", *what, *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """ruff, mypy, rustfmt and clippy; they change nothing."""
    session.install(*group("lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("mypy", "--strict", "python/bitaug")
    cargo(session, "fmt", "--all", "--check")
    # cargo fmt does not see modules that a macro declares
    for folder in ("ops", "mix", "containers"):
        files = map(str, sorted((ROOT / "rust" / "core" / folder).glob("*.rs")))
        session.run("rustfmt", "--check", "--edition", "2024", *files, external=True)
    cargo(session, "clippy", "--workspace", "--all-targets", "--", "-D", "warnings")


@nox.session
def wheel(session: nox.Session) -> None:
    """Both ways to install, each into a clean environment, where NumPy must be all it needs."""
    sources = {"wheel": install_package(session), "source": ROOT}
    use = (
        "import numpy as np, bitaug as ba;"
        "image = np.arange(6 * 7 * 3, dtype=np.uint8).reshape(6, 7, 3);"
        "print(*map(ba.digest, ba.augment([image] * 4, seed=1)))"
    )
    outputs = set()
    for name, source in sources.items():
        clean = Path(session.create_tmp()).resolve() / name
        python = str(clean / "bin" / "python")
        session.run(sys.executable, "-m", "venv", "--clear", str(clean), external=True)
        session.run(python, "-m", "pip", "install", "--quiet", str(source), external=True)
        lines = ask(session, python, "-m", "pip", "list", "--format=freeze").split()
        extra = {line.split("==")[0] for line in lines} - {"bitaug", "numpy", "pip", "setuptools"}
        if extra:
            session.error(f"installing from the {name} brought {extra}")
        with session.chdir(clean):  # where no source folder is importable
            outputs.add(ask(session, python, "-c", use))
    if len(outputs) != 1:
        session.error(f"the two do not give the same bytes: {outputs}")


@nox.session(venv_backend="none")
def bench(session: nox.Session) -> None:
    """The Rust benchmarks."""
    cargo(session, "bench", *session.posargs)


@nox.session
def compare(session: nox.Session) -> None:
    """Time the peers too and write docs/benchmarks.md and its charts; -- --quick takes minutes."""
    borrow(session, "torch")  # where torchvision finds it, so that it brings no other
    session.install(*group("peers"))
    install_package(session)
    args = list(session.posargs)
    try:
        # it replaces Pillow, so it needs an environment of its own, and has to be built
        args += ["--pillow-simd", shared(session, "pillow-simd", CC="cc -mavx2")]
    except nox.command.CommandFailed:
        session.warn("Pillow-SIMD could not be built")
    session.run("python", "benches/compare.py", *args)


@nox.session(venv_backend="none")
def golden(session: nox.Session) -> None:
    """Add what is missing to tests/golden/. Published rows never change."""
    rust_tests(session, "--test", "golden", BITAUG_GOLDEN="write")
    session.run(sys.executable, "-m", "tests.goldens")


@nox.session(venv_backend="none")
def cross(session: nox.Session) -> None:
    """The golden digests under qemu: aarch64 and s390x, or those named of them, i686 and armv7."""
    names = session.posargs or ["aarch64", "s390x"]
    tools = CACHE / "cross"
    session.run("tools/cross-setup.sh", str(tools), *names, external=True)
    # a folder of their own, as they have another compiler
    golden = ["test", "--release", "--test", "golden", "--target-dir", "target/cross"]
    for name in names:
        lines = (tools / name / "env").read_text().splitlines()
        env = dict(line.split("=", 1) for line in lines)
        # LTO only costs here: most of a minute for each target
        cargo(session, *golden, CARGO_PROFILE_RELEASE_LTO="off", **env)
