"""Each kind of file that people have gives its text, in both languages, with its pages and headings."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.memory.extraction import Outcome, extract
from backend.memory.tests import made_files

LEAVE = "연차 휴가는 1년에 열다섯 날입니다."
PERMIT = "A parking permit costs forty crowns a month."

FILES = {
    "pdf": made_files.pdf([LEAVE], [PERMIT]),
    "docx": made_files.docx(("Heading 1", "휴가"), ("Normal", LEAVE), ("Heading 1", "Parking"), ("Normal", PERMIT)),
    "pptx": made_files.pptx(("휴가", LEAVE, ""), ("Parking", PERMIT, "")),
    "xlsx": made_files.xlsx(휴가=[["내용"], [LEAVE]], Parking=[["text"], [PERMIT]]),
    "hwpx": made_files.hwpx("휴가", LEAVE, "Parking", PERMIT),
    "csv": f"language,text\nko,{LEAVE}\nen,{PERMIT}\n".encode(),
    "html": f"<html><script>let bad</script><h1>휴가</h1><p>{LEAVE}</p><h1>Parking</h1><p>{PERMIT}</p></html>".encode(),
    "md": f"# 휴가\n\n{LEAVE}\n\n# Parking\n\n{PERMIT}\n".encode(),
    "txt": f"{LEAVE}\r\n{PERMIT}\r\n".encode(),
}


async def read(tmp_path: Path, kind: str, content: bytes) -> Outcome:
    path = tmp_path / "file"
    path.write_bytes(content)
    return await extract(path, kind, {})


def text_of(outcome: Outcome) -> str:
    return "".join(text for text, _, _ in outcome.chunks)


@pytest.mark.parametrize("kind", FILES)
async def test_it_works(tmp_path: Path, kind: str) -> None:
    outcome = await read(tmp_path, kind, FILES[kind])
    assert outcome.error_code == ""
    assert LEAVE in text_of(outcome)
    assert PERMIT in text_of(outcome)
    assert "let bad" not in text_of(outcome)


@pytest.mark.parametrize("kind", ["pdf", "pptx", "xlsx"])
async def test_pages_slides_and_sheets_are_numbered(tmp_path: Path, kind: str) -> None:
    long = {
        "pdf": made_files.pdf([LEAVE] * 30, [PERMIT] * 30),
        "pptx": made_files.pptx(("a", LEAVE * 30, ""), ("b", PERMIT * 30, "")),
        "xlsx": made_files.xlsx(a=[["내용"], *[[LEAVE]] * 30], b=[["text"], *[[PERMIT]] * 30]),
    }
    outcome = await read(tmp_path, kind, long[kind])
    pages = {page for text, page, _ in outcome.chunks if PERMIT in text and LEAVE not in text}
    assert outcome.n_pages == 2
    assert pages == {2}
    assert {page for text, page, _ in outcome.chunks if LEAVE in text} == {1}


async def test_a_table_row_says_what_its_values_are(tmp_path: Path) -> None:
    table = [["이름", "전화"], ["도람슬", "1234"], ["Torvel", "5678"]]
    outcome = await read(tmp_path, "docx", made_files.docx(("Normal", "연락처"), table=table))
    assert "이름: 도람슬" in text_of(outcome)
    assert "전화: 5678" in text_of(outcome)


async def test_a_speakers_notes_are_read(tmp_path: Path) -> None:
    outcome = await read(tmp_path, "pptx", made_files.pptx(("휴가", "", LEAVE)))
    assert LEAVE in text_of(outcome)


async def test_a_pdf_without_text_is_told_so(tmp_path: Path) -> None:
    assert (await read(tmp_path, "pdf", made_files.pdf([]))).error_code == "document_no_text"


async def test_no_nul_of_a_file_comes_into_its_text(tmp_path: Path) -> None:
    outcome = await read(tmp_path, "txt", (LEAVE * 20 + "\x00" + PERMIT).encode())
    assert outcome.error_code == ""
    assert text_of(outcome).strip() == LEAVE * 20 + PERMIT


async def test_headings_without_a_text_below_are_cut_like_any_text(tmp_path: Path) -> None:
    titles = [f"{n}. {LEAVE}" for n in range(1, 101)]
    outcome = await read(tmp_path, "pptx", made_files.pptx(*((title, "", "") for title in titles)))
    assert all(title in text_of(outcome) for title in titles)
    assert max(len(text) for text, _, _ in outcome.chunks) < 1_000
    assert outcome.chunks[-1][1] in range(90, 101), "each is cited by a slide of its own"


async def test_what_was_written_with_changes_tracked_or_into_a_form_is_read(tmp_path: Path) -> None:
    paragraph = "<w:p><w:r><w:t>{}</w:t></w:r></w:p>"
    inserted = (
        '<w:p><w:r><w:t>From May: </w:t></w:r><w:ins w:id="1" w:author="a"><w:r><w:t>{}</w:t></w:r></w:ins></w:p>'
    )
    deleted = '<w:p><w:del w:id="2" w:author="a"><w:r><w:delText>thirty</w:delText></w:r></w:del></w:p>'
    control = "<w:sdt><w:sdtContent>{}</w:sdtContent></w:sdt>"
    field = "<w:p><w:r><w:t>이름: </w:t></w:r><w:sdt><w:sdtContent><w:r><w:t>도람슬</w:t></w:r></w:sdtContent></w:sdt></w:p>"
    table = "<w:tbl><w:tr><w:tc>{}</w:tc></w:tr><w:tr><w:tc>{}</w:tc></w:tr></w:tbl>"
    nested = control.format(table.format(paragraph.format("자리"), paragraph.format("창가")))
    content = made_files.docx_within(
        inserted.format(PERMIT), deleted, control.format(paragraph.format(LEAVE)), field, control.format(nested)
    )
    text = text_of(await read(tmp_path, "docx", content))
    places = [text.index(part) for part in (f"From May: {PERMIT}", LEAVE, "이름: 도람슬", "자리: 창가")]
    assert places == sorted(places)
    assert "thirty" not in text


async def test_texts_of_groups_on_a_slide_are_read(tmp_path: Path) -> None:
    text = text_of(await read(tmp_path, "pptx", made_files.pptx_of_groups(LEAVE, PERMIT)))
    assert LEAVE in text
    assert PERMIT in text


@pytest.mark.parametrize("reference", ["A1", "A1:XFD1048576"])
async def test_the_cells_of_a_sheet_are_read_whatever_it_says_of_their_number(tmp_path: Path, reference: str) -> None:
    told = made_files.xlsx(sheet=[["내용", "더"], [LEAVE, "x"], [PERMIT, "y"]])
    far_below = (r'r="([AB]?)3"', r'r="\g<1>900000"')
    content = made_files.with_sheet(told, (r'<dimension ref="[^"]*"', f'<dimension ref="{reference}"'), far_below)
    outcome = await read(tmp_path, "xlsx", content)
    assert outcome.error_code == ""
    assert text_of(outcome).splitlines()[2:4] == [f"내용: {LEAVE} | 더: x", f"내용: {PERMIT} | 더: y"]


async def test_a_box_that_is_a_table_of_one_row_is_read(tmp_path: Path) -> None:
    for content in (
        made_files.docx(("Normal", "공지"), table=[[LEAVE, "", PERMIT]]),
        made_files.docx(("Normal", "공지"), table=[[LEAVE], [PERMIT]]),
    ):
        text = text_of(await read(tmp_path, "docx", content))
        assert LEAVE in text
        assert PERMIT in text


async def test_a_table_in_a_cell_is_read(tmp_path: Path) -> None:
    paragraph = "<w:p><w:r><w:t>{}</w:t></w:r></w:p>"
    row = "<w:tbl><w:tr><w:tc>{}</w:tc><w:tc>{}</w:tc></w:tr></w:tbl>"
    inner = row.format(paragraph.format("담당"), paragraph.format("도람슬")) + "<w:p/>"
    content = made_files.docx_within(paragraph.format("공지"), row.format(inner, paragraph.format(LEAVE)))
    text = text_of(await read(tmp_path, "docx", content))
    assert "담당 도람슬" in text
    assert LEAVE in text


async def test_in_hwpx_lines_tabs_and_paragraphs_of_a_cell_part_words(tmp_path: Path) -> None:
    cell = "<hp:p><hp:run><hp:t>{}</hp:t></hp:run></hp:p>"
    table = f"<hp:tbl><hp:tr><hp:tc><hp:subList>{cell.format('부서')}{cell.format('개발')}</hp:subList></hp:tc></hp:tr></hp:tbl>"
    said = f"서울<hp:lineBreak/>부산<hp:tab width='4000'/>대구<hp:nbSpace/>광주</hp:t></hp:run><hp:run>{table}<hp:t>끝"
    text = text_of(await read(tmp_path, "hwpx", made_files.hwpx(said)))
    assert text.split() == ["서울", "부산", "대구", "광주", "부서", "개발", "끝"]
    assert text.startswith("서울\n부산\t대구 광주")


async def test_a_page_whose_head_is_not_closed_is_read(tmp_path: Path) -> None:
    page = f"<html><head><title>휴가</title><style>bad</style><body><p>{LEAVE}</p><table><tr><td>{PERMIT}</table>"
    text = text_of(await read(tmp_path, "html", page.encode()))
    assert LEAVE in text
    assert PERMIT in text
    assert "bad" not in text
