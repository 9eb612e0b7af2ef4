"""What the bill of materials keeps, and how licences are told."""

from tools.sbom import kept, licences


def test_it_works():
    bom = {
        "components": [
            {"name": "Django", "version": "5", "bom-ref": "d", "licenses": [{"license": {"id": "BSD-3-Clause"}}]},
            {"name": "zope.interface", "version": "8", "bom-ref": "z"},
            {"name": "pytest", "version": "9", "bom-ref": "p"},
        ],
        "dependencies": [{"ref": "d", "dependsOn": ["p", "z"]}, {"ref": "p"}],
    }
    left = kept(bom, {"django", "zope-interface"})
    assert [part["name"] for part in left["components"]] == ["Django", "zope.interface"]
    assert left["dependencies"] == [{"ref": "d", "dependsOn": ["z"]}]
    table = licences({"python": left})
    assert "| BSD-3-Clause | 1 | Django 5 |" in table
    assert "| (none stated) | 1 | zope.interface 8 |" in table
