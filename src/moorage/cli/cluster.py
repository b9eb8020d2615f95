"""``moorage cluster``: look at the stack behind a data-processing cluster."""

from __future__ import annotations

import argparse
from typing import Any

_EXAMPLES = """\
examples:
  moorage cluster template c1
  moorage cluster template 5c1d0e2a-... --directory /tmp/c1     # template.yaml and the files beside it

The output is one YAML document for each file: the stack's template first, then what it refers to.
"""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser(
        "cluster", help="look at data-processing clusters", epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    actions = parser.add_subparsers(dest="action", required=True)
    template = actions.add_parser(
        "template", help="the Heat template that a cluster is", epilog="exit status: 0, 1 error"
    )
    template.add_argument("cluster", metavar="CLUSTER", help="id or name")
    template.add_argument("--directory", metavar="DIR", help="write template.yaml and the nested templates there")
    template.add_argument("--config-file", metavar="FILE", help="moorage.conf")
    template.add_argument("--data-dir", metavar="DIR", help="in place of DEFAULT.data_dir")


def run(args: argparse.Namespace) -> int:
    from moorage.config import settings
    from moorage.store import Store

    found = settings.read(args.config_file, args.data_dir)
    files = _files(Store(found.database_url), args.cluster)
    if args.directory:
        _write(files, args.directory)
    else:
        print("---\n".join(f"# {name}\n{text}" for name, text in files.items()), end="")
    return 0


def _files(store: Any, name_or_id: str) -> dict[str, str]:
    """File name → YAML; the template first."""
    import yaml

    from moorage import errors
    from moorage.clusters.plugins import registry
    from moorage.clusters.rendering import render
    from moorage.clusters.service import clusters

    with store.read() as tx:
        found = clusters.named(tx, name_or_id)
    if len(found) != 1:
        many = f": {', '.join(cluster.id for cluster in found)}" if found else ""
        raise errors.BadRequest(f"{len(found)} clusters are called {name_or_id}{many}")
    rendered = render(found[0], registry.named(found[0].plugin_name))
    documents = {"template.yaml": rendered.template, **rendered.files}
    return {name: yaml.safe_dump(document, sort_keys=False) for name, document in documents.items()}


def _write(files: dict[str, str], directory: str) -> None:
    """References to ``file://`` names become paths beside the template, so that other tools find the files."""
    from pathlib import Path

    target = Path(directory)
    target.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (target / name.removeprefix("file://")).write_text(text.replace("file://", ""))
