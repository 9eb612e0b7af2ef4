"""REST for documents, their passages and their folders."""

from __future__ import annotations

from typing import Any
from unicodedata import normalize

from django.db.models import Count, Q, QuerySet
from django.http import FileResponse
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from backend.house.acts import witness
from backend.lib.errors import BadInput, NotFound, sentence
from backend.lib.ids import object_id
from backend.lib.json_api import JSONParser
from backend.lib.pages import newest_page, page, read_limit
from backend.lib.viewsets import OwnViewSet, run
from backend.memory import documents, files, folders
from backend.memory.asker import owner_id
from backend.memory.errors import DocumentFileGone
from backend.memory.marking import ranges
from backend.memory.models import Collection, Document, Entry
from backend.memory.recall import BUDGET_S, Question, get_recaller
from backend.memory.serializers import (
    CollectionChange,
    CollectionInput,
    CollectionPage,
    CollectionRow,
    DocumentInput,
    DocumentLimitsRow,
    DocumentPage,
    DocumentRow,
    PassagePage,
    UploadInput,
)

PER_PAGE = 50
PASSAGES = 5
MAX_QUESTION_CHARS = 2_000
SEARCH_BUDGET_S = BUDGET_S * 10  # nobody's answer waits for it
_CURSOR = OpenApiParameter("cursor", str)
_LIMIT = OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": 200})
_QUESTION = OpenApiParameter("q", str, description="words to be marked, such as the question's")


class DocumentViewSet(OwnViewSet):
    parser_classes = (MultiPartParser, JSONParser)

    @extend_schema(
        summary="My documents and the house's, newest first",
        parameters=[
            OpenApiParameter("collection", str, description="a folder's id; “none”: those in no folder"),
            OpenApiParameter("q", str, description="a part of the title"),
            _CURSOR,
            _LIMIT,
        ],
        responses=DocumentPage,
    )
    def list(self, request: Request) -> Response:
        return Response(newest_page(request, _filtered(request), PER_PAGE, DocumentRow))

    @extend_schema(
        summary="Upload a file, or paste a text",
        description="",
        request={"multipart/form-data": UploadInput, "application/json": UploadInput},
        responses={201: DocumentRow},
    )
    def create(self, request: Request) -> Response:
        given = self.given(UploadInput)
        options = {
            "title": given["title"],
            "collection_id": given.get("collection"),
            "is_temporary": given.get("is_temporary", False),
            "witness": witness(request),
        }
        if "file" in given:
            file = given["file"]
            made = documents.add(
                request.user, file_name=file.name or "", content=file.chunks(), n_bytes=file.size, **options
            )
        else:
            written = given["text"].replace("\x00", "").encode("utf-8", "replace")
            title = given["title"].strip() or " ".join(given["text"].split())[:60] or "text"
            options["title"] = title
            made = documents.add(
                request.user, file_name="pasted.md", content=[written], n_bytes=len(written.strip()), **options
            )
        return Response(DocumentRow(run(made)).data, status=201)

    @extend_schema(summary="What is taken", responses=DocumentLimitsRow)
    @action(detail=False, methods=["get"])
    def limits(self, request: Request) -> Response:
        return Response(documents.limits(owner_id(request)))

    @extend_schema(summary="One document and how far it is", responses=DocumentRow)
    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(DocumentRow(documents.readable(request.user, object_id(pk))).data)

    @extend_schema(summary="Rename or move a document", request=DocumentInput, responses=DocumentRow)
    def partial_update(self, request: Request, pk: str) -> Response:
        document = documents.writable(request.user, object_id(pk))
        given = self.given(DocumentInput)
        folder = {"collection_id": given["collection"]} if "collection" in given else {}
        changed = run(
            documents.change(request.user, document.pk, title=given.get("title"), witness=witness(request), **folder)
        )
        return Response(DocumentRow(changed).data)

    @extend_schema(summary="Delete a document: its text, its file, its vectors", responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        run(documents.delete(request.user, object_id(pk), witness(request)))
        return Response(status=204)

    @extend_schema(summary="Read the file again", request=None, responses=DocumentRow)
    @action(detail=True, methods=["post"])
    def reindex(self, request: Request, pk: str) -> Response:
        return Response(DocumentRow(run(documents.reindex(request.user, object_id(pk)))).data)

    @extend_schema(
        summary="The file as it was uploaded", responses={(200, "application/octet-stream"): OpenApiTypes.BINARY}
    )
    @action(detail=True, methods=["get"])
    def file(self, request: Request, pk: str) -> FileResponse:
        document = documents.readable(request.user, object_id(pk))
        try:
            content = files.path_of(document).open("rb")
        except FileNotFoundError:
            raise DocumentFileGone from None
        # Never shown by the browser: an uploaded page must not run beside us.
        return FileResponse(
            content,
            as_attachment=True,
            filename=document.file_name or document.title,
            content_type="application/octet-stream",
        )

    @extend_schema(
        summary="A document's text: around one passage, or from a place on",
        parameters=[
            OpenApiParameter("chunk", int, description="the passage in the middle"),
            OpenApiParameter("start", int, description="the ordinal to begin at, when no chunk is given"),
            _LIMIT,
            _QUESTION,
        ],
        responses=PassagePage,
        filters=False,
    )
    @action(detail=True, methods=["get"])
    def passages(self, request: Request, pk: str) -> Response:
        document = documents.readable(request.user, object_id(pk))
        limit = read_limit(request, PASSAGES)
        start = _start(request, document, limit)
        chunks = list(document.chunks.filter(ordinal__gte=start).order_by("ordinal")[:limit])
        question = _question(request)
        return Response(page(request, [_passage(chunk, document, question) for chunk in chunks], None))

    @extend_schema(
        summary="Passages by words and by likeness, best first",
        parameters=[
            OpenApiParameter("q", str, required=True, description="a question, or words"),
            OpenApiParameter("documents", str, description="ids with commas between them; else all that one may read"),
        ],
        responses=PassagePage,
        filters=False,
    )
    @action(detail=False, methods=["get"])
    def search(self, request: Request) -> Response:
        question = _question(request)
        if not question.strip():
            raise BadInput(fields={"q": [sentence("must not be empty", "비어 있을 수 없습니다.")]})
        if asked := request.query_params.get("documents"):
            ids = tuple(object_id(id) for id in asked.split(",")[:500])
        else:
            kept = documents.visible(owner_id(request)).filter(is_temporary=False)
            ids = tuple(kept.values_list("id", flat=True))
        wanted = Question(user_id=owner_id(request), text=question, wants_memories=False, documents=ids)
        recalled = run(get_recaller().recall(wanted, SEARCH_BUDGET_S))
        scores = {each.id: each.score for each in recalled.passages}
        chunks = Entry.objects.filter(pk__in=scores).select_related("document").in_bulk()
        rows = [_passage(chunks[id], chunks[id].document, question, scores[id]) for id in scores if id in chunks]
        return Response(page(request, rows, None))


class CollectionViewSet(OwnViewSet):
    @extend_schema(summary="My folders and the house's", responses=CollectionPage)
    def list(self, request: Request) -> Response:
        found = _counted(folders.visible(owner_id(request))).order_by("name", "id")
        return Response(page(request, list(CollectionRow(found, many=True).data), None))

    @extend_schema(
        summary="Make a folder; shared ones are made by staff", request=CollectionInput, responses={201: CollectionRow}
    )
    def create(self, request: Request) -> Response:
        given = self.given(CollectionInput)
        made = run(folders.add(request.user, given["name"], is_shared=given["is_shared"], witness=witness(request)))
        return Response(_folder(made), status=201)

    @extend_schema(summary="One folder", responses=CollectionRow)
    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(_folder(_readable_folder(request, pk)))

    @extend_schema(summary="Rename a folder", request=CollectionChange, responses=CollectionRow)
    def partial_update(self, request: Request, pk: str) -> Response:
        folders.writable(request.user, object_id(pk))
        name = self.given(CollectionChange)["name"]
        return Response(_folder(run(folders.rename(request.user, object_id(pk), name, witness(request)))))

    @extend_schema(summary="Delete a folder; its documents stay", responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        run(folders.delete(request.user, object_id(pk), witness(request)))
        return Response(status=204)


def _readable_folder(request: Request, pk: str) -> Collection:
    found = folders.visible(owner_id(request)).filter(pk=object_id(pk)).first()
    if found is None:
        raise NotFound
    return found


def _counted(found: QuerySet[Collection]) -> QuerySet[Collection]:
    return found.annotate(n_documents=Count("documents"))


def _folder(collection: Collection) -> Any:
    return CollectionRow(_counted(Collection.objects.filter(pk=collection.pk)).get()).data


def _filtered(request: Request) -> QuerySet[Document]:
    found = documents.visible(owner_id(request)).filter(is_temporary=False)
    folder = request.query_params.get("collection", "")
    if folder == "none":
        found = found.filter(collection__isnull=True)
    elif folder:
        found = found.filter(collection_id=object_id(folder))
    if words := request.query_params.get("q", "").replace("\x00", "").strip():
        composed, apart = (Q(title__icontains=normalize(form, words)) for form in ("NFC", "NFD"))
        found = found.filter(composed | apart)
    return found


def _question(request: Request) -> str:
    return request.query_params.get("q", "").replace("\x00", "")[:MAX_QUESTION_CHARS]


def _start(request: Request, document: Document, limit: int) -> int:
    if chunk := request.query_params.get("chunk"):
        asked = document.chunks.filter(pk=object_id(chunk)).first()
        if asked is None:
            raise NotFound
        return max(0, (asked.ordinal or 0) - limit // 2)
    start = request.query_params.get("start", "0")
    if not (start.isascii() and start.isdigit() and len(start) < 10):
        raise BadInput(fields={"start": [sentence("a whole number from 0", "0 이상의 정수여야 합니다.")]})
    return int(start)


def _passage(chunk: Entry, document: Document | None, question: str, score: float | None = None) -> dict[str, Any]:
    return {
        "id": chunk.pk,
        "document": chunk.document_id,
        "title": document.title if document else "",
        "ordinal": chunk.ordinal,
        "page": chunk.page,
        "heading": chunk.heading,
        "text": chunk.text,
        "score": score,
        "ranges": ranges(chunk.text, question) if question.strip() else [],
    }
