"""A small PDF of our own: pages of lines in one font that maps every character to itself."""

import io

from pypdf import PdfReader, PdfWriter

CMAP = """/CIDInit /ProcSet findresource begin 12 dict begin begincmap
1 begincodespacerange <0000> <FFFF> endcodespacerange
1 beginbfrange <0000> <FFFF> <0000> endbfrange
endcmap end end"""


def pdf(pages: list[list[str]], password: str = "", owner: str = "") -> bytes:
    """The file; `password` locks it for readers, `owner` only against changes."""
    kids = " ".join(f"{6 + 2 * at} 0 R" for at in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type0 /BaseFont /Song /Encoding /Identity-H "
        "/DescendantFonts [4 0 R] /ToUnicode 5 0 R >>",
        "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Song /DW 1000 "
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>",
        stream(CMAP),
    ]
    for at, lines in enumerate(pages):
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
            f"/Resources << /Font << /F 3 0 R >> >> /Contents {7 + 2 * at} 0 R >>"
        )
        shown = [f"<{line.encode('utf-16-be').hex()}> Tj 0 -20 Td" for line in lines]
        objects.append(stream("\n".join(["BT /F 12 Tf 60 780 Td", *shown, "ET"])))
    kept = io.BytesIO(b"")
    kept.write(b"%PDF-1.4\n")
    places = []
    for number, one in enumerate(objects, 1):
        places.append(kept.tell())
        kept.write(f"{number} 0 obj\n{one}\nendobj\n".encode("latin-1"))
    start = kept.tell()
    kept.write(f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode())
    kept.write("".join(f"{place:010d} 00000 n \n" for place in places).encode())
    kept.write(f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF".encode())
    return locked(kept.getvalue(), password, owner) if password or owner else kept.getvalue()


def stream(words: str) -> str:
    """A stream object."""
    return f"<< /Length {len(words)} >>\nstream\n{words}\nendstream"


def locked(data: bytes, password: str, owner: str) -> bytes:
    """The same file, encrypted."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(data)))
    writer.encrypt(password, owner or None, algorithm="RC4-128")
    kept = io.BytesIO()
    writer.write(kept)
    return kept.getvalue()
