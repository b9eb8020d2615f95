"""Which reports does user data ask for? Scripts, runcmd entries, MIME archives as Heat makes them."""

from __future__ import annotations

import base64
import gzip
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest

from moorage.compute.first_boot import Report, reports

URL = "http://10.0.0.1:8780/wait-conditions/abc?token=s3cret"
CURL = f"curl -i -X PUT -H 'Content-Type: application/json' '{URL}' --data-binary '{{\"status\": \"SUCCESS\"}}'"
SAID = Report(url=URL, method="PUT", data='{"status": "SUCCESS"}')


@pytest.mark.parametrize(
    "text",
    [
        f"#!/bin/sh\nset -e\n{CURL}\n",
        f"#cloud-config\nruncmd:\n  - {CURL}\n",
        f'#cloud-config\nruncmd:\n  - [curl, -X, PUT, "{URL}", -d, \'{{"status": "SUCCESS"}}\']\n',
        "#!/bin/sh\n" + CURL.replace(" -H", " \\\n  -H") + "\n",
        f"#!/bin/sh\n/usr/bin/{CURL}\n{CURL}\n",
    ],
)
def test_a_curl_with_a_token_is_a_report(text: str) -> None:
    assert reports(text.encode()) == [SAID]


def test_parts_of_an_archive_are_read_packed_or_not() -> None:
    archive = MIMEMultipart()
    archive.attach(MIMEText("#cloud-config\n", "cloud-config"))
    archive.attach(MIMEText(f"#!/bin/sh\n{CURL}\n", "x-shellscript"))
    raw = archive.as_bytes()
    assert reports(raw) == reports(gzip.compress(raw)) == [SAID]
    assert reports(base64.b64encode(f"#!/bin/sh\n{CURL}\n".encode())) == [SAID]


def test_method_data_and_trust_are_the_commands() -> None:
    assert reports(f'curl -k --data \'{{"status": "FAILURE"}}\' {URL}'.encode()) == [
        Report(url=URL, data='{"status": "FAILURE"}', is_insecure=True)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "", "#cloud-config\npackages: [curl]\n", "curl http://example.org/install.sh | sh", f"# see {URL}",
        f"wget {URL}",         "curl 'unfinished", "\x1f\x8bnot gzip", "curl file:///etc/passwd?token=x", "\xff\xfe",
    ],
)  # fmt: skip
def test_anything_else_is_left_alone(text: str) -> None:
    assert reports(text.encode("latin-1")) == []
    assert reports(None) == []
