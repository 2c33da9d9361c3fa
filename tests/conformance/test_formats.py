"""Our formats keep their promises."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from lxml import etree

from adapters.registry import make_format
from hub.mapping.record import Cell, Record
from tests.adapters.formats.records import item, record, value
from tests.conformance.formats import FormatPromises, FormatSubject

TOO_LONG = "canary" * 20
XSD = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" elementFormDefault="qualified">
  <xs:element name="Report"><xs:complexType>
    <xs:sequence><xs:element name="Text"><xs:simpleType>
      <xs:restriction base="xs:string"><xs:maxLength value="80"/></xs:restriction>
    </xs:simpleType></xs:element></xs:sequence>
    <xs:attribute name="id" type="xs:NMTOKEN" use="required"/>
  </xs:complexType></xs:element>
</xs:schema>"""
TEXT = {"type": "object", "properties": {"text": {"type": "string", "maxLength": 80}}}


class TestXml(FormatPromises):
    adapter = "xml"

    @pytest.fixture
    def subject(self, tmp_path: Path) -> FormatSubject:
        (tmp_path / "report.xsd").write_text(XSD)

        def report(key: str, text: str) -> Record:
            return record(key, item("Report", value("Report/@id", key), value("Report/Text", text)))

        return FormatSubject(
            make=lambda: make_format("xml", {"schema": "report.xsd", "batch": "report"}, tmp_path),
            report=report,
            broken=lambda key: report(key, TOO_LONG),
            texts=lambda body: [str(element.text) for element in etree.fromstring(body).iter("Text")],
        )


class TestJson(FormatPromises):
    adapter = "json"

    @pytest.fixture(params=["drop", "report"])
    def subject(self, tmp_path: Path, request: pytest.FixtureRequest) -> FormatSubject:
        (tmp_path / "report.schema.json").write_text(json.dumps(TEXT))

        def report(key: str, text: str) -> Record:
            return record(key, value("id", key), value("text", text))

        def texts(body: bytes) -> Sequence[str]:
            return [json.loads(line)["text"] for line in body.decode().split("\n") if line]

        return FormatSubject(
            make=lambda: make_format("json", {"schema": "report.schema.json", "batch": request.param}, tmp_path),
            report=report,
            broken=lambda key: report(key, TOO_LONG),
            texts=texts,
        )


class TestCsv(FormatPromises):
    adapter = "csv"

    @pytest.fixture
    def subject(self, tmp_path: Path) -> FormatSubject:
        rows = {"type": "object", "properties": {"reports": {"type": "array", "items": TEXT}}}
        (tmp_path / "report.schema.json").write_text(json.dumps(rows))

        def report(key: str, text: str) -> Record:
            return record(key, item("reports", value("reports/id", key), value("reports/text", text)))

        def texts(body: bytes) -> Sequence[str]:
            return [row["text"] for row in csv.DictReader(io.StringIO(body.decode(), newline=""))]

        options = {"tables": {"reports": ("id", "text")}, "schema": "report.schema.json"}
        return FormatSubject(
            make=lambda: make_format("csv", options, tmp_path),
            report=report,
            broken=lambda key: report(key, TOO_LONG),
            texts=texts,
        )


class TestForm(FormatPromises):
    adapter = "form"

    @pytest.fixture(params=["repeat", "joined"])
    def subject(self, tmp_path: Path, request: pytest.FixtureRequest) -> FormatSubject:
        (tmp_path / "report.schema.json").write_text(json.dumps(TEXT))

        def report(key: str, text: str) -> Record:
            return record(key, value("id", key), value("text", text))

        def texts(body: bytes) -> Sequence[str]:
            return parse_qs(body.decode("ascii"), strict_parsing=True)["text"]

        return FormatSubject(
            make=lambda: make_format("form", {"schema": "report.schema.json", "lists": request.param}, tmp_path),
            report=report,
            broken=lambda key: report(key, TOO_LONG),
            texts=texts,
        )


class TestFixedWidth(FormatPromises):
    adapter = "fixed-width"

    @pytest.fixture
    def subject(self, tmp_path: Path) -> FormatSubject:
        def report(key: str, text: str) -> Record:
            return record(key, item("reports", value("reports/id", key), value("reports/text", text)))

        def texts(body: bytes) -> Sequence[str]:
            return [line[4:].rstrip(" ") for line in body.decode().split("\r\n")[:-1]]

        options = {"tables": {"reports": ("id", "text")}, "cells": {"reports": {"id": Cell(4), "text": Cell(80)}}}
        return FormatSubject(
            make=lambda: make_format("fixed-width", options, tmp_path),
            report=report,
            broken=lambda key: report(key, TOO_LONG),
            texts=texts,
            as_read=lambda text: None if "\n" in text else text.rstrip(" "),
        )
