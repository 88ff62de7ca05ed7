import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_imports_follow_the_layer_contracts() -> None:
    result = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stdout


def test_domain_and_application_import_only_the_standard_library() -> None:
    code = (
        "import pkgutil, sys, importlib, domain, application\n"
        "for layer in (domain, application):\n"
        "    for module in pkgutil.walk_packages(layer.__path__, layer.__name__ + '.'):\n"
        "        importlib.import_module(module.name)\n"
        "ours = {'domain', 'application', '__main__'}\n"
        "print(*sorted({n.split('.')[0] for n in sys.modules} - set(sys.stdlib_module_names) - ours))\n"
    )
    result = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{code}"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert result.stdout.split() == []
