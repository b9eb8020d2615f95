"""Documentation that cannot drift: links lead somewhere, options and operations are described."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from moorage.workflows.kinds import KINDS

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_that_exist(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_durable_operation_stands_on_a_page() -> None:
    text = "\n".join(page.read_text() for page in (ROOT / "docs" / "operations").glob("*.md"))
    assert [kind.name for kind in KINDS if not re.search(rf"\b{kind.name}\b", text)] == []


def test_every_step_of_boot_destroy_and_volume_operations_is_described() -> None:
    for name in ("boot", "destroy", "attach_volume", "detach_volume", "swap_volume", "migrate_volume"):
        source = (ROOT / "src" / "moorage" / "workflows" / f"{name}.py").read_text()
        steps = set(re.findall(r"saga\.(?:do|insist)\((?:\w+\.)?(\w+)", source))
        page = (ROOT / "docs" / "operations" / f"{name.replace('_', '-')}.md").read_text()
        assert steps
        assert {step for step in steps if f"`{step}`" not in page} == set()


def test_the_readme_names_the_commands_that_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"^make ([a-z-]+)", (ROOT / "README.md").read_text(), re.MULTILINE)) <= targets
