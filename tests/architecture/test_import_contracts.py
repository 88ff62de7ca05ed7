import sys
from pathlib import Path

from tests.kit.children import run

ROOT = Path(__file__).parents[2]


def test_imports_follow_the_layer_contracts() -> None:
    run([Path(sys.executable).parent / "lint-imports", "--no-cache"], cwd=ROOT)


def test_domain_and_application_import_only_the_standard_library() -> None:
    code = (
        "import pkgutil, sys, importlib, domain, application\n"
        "for layer in (domain, application):\n"
        "    for module in pkgutil.walk_packages(layer.__path__, layer.__name__ + '.'):\n"
        "        importlib.import_module(module.name)\n"
        "ours = {'domain', 'application', '__main__'}\n"
        "print(*sorted({n.split('.')[0] for n in sys.modules} - set(sys.stdlib_module_names) - ours))\n"
    )
    result = run([sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{code}"])

    assert result.stdout.split() == []
