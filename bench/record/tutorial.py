"""What one gets from following tutorials: the same pages, written as they teach.

FastAPI with an ORM session per request by ``Depends``, ``def`` endpoints, ``Form`` parameters,
``TemplateResponse`` over dicts, SQLAlchemy with SQLite (WAL and a long time-out, or it would fail
under load; durable as SQLite is by default).

    python -m bench.record.tutorial PARTS FILE
"""

import json
import secrets
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Form, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.templating import Jinja2Templates
from sqlalchemy import ForeignKey, create_engine, event
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    mapped_column,
    relationship,
    sessionmaker,
)

from bench.record.uvicorned import serve

STEPS: list[dict[str, Any]] = json.loads(Path(sys.argv[1]).read_text())["steps"]
engine = create_engine(
    f"sqlite:///{sys.argv[2]}", connect_args={"check_same_thread": False, "timeout": 60}
)
SessionLocal = sessionmaker(bind=engine)
templates = Jinja2Templates(directory=str(Path(__file__).parent))
app = FastAPI()


class Base(DeclarativeBase):
    pass


class Walk(Base):
    __tablename__ = "walks"
    id: Mapped[str] = mapped_column(primary_key=True)
    step: Mapped[int]
    updated_at: Mapped[datetime]
    events: Mapped[list["Event"]] = relationship(back_populates="walk", order_by="Event.seq")


class Event(Base):
    __tablename__ = "events"
    id: Mapped[int] = mapped_column(primary_key=True)
    walk_id: Mapped[str] = mapped_column(ForeignKey("walks.id"), index=True)
    seq: Mapped[int]
    created_at: Mapped[datetime]
    asked: Mapped[str]
    answered: Mapped[str]
    note: Mapped[str]
    client_id: Mapped[str]
    walk: Mapped[Walk] = relationship(back_populates="events")


@event.listens_for(engine, "connect")
def connected(connection: Any, record: Any) -> None:
    connection.execute("PRAGMA journal_mode=WAL")


Base.metadata.create_all(engine)


def get_db() -> Iterator[Session]:
    db = SessionLocal()
    try:
        yield db
    finally:
        db.close()


DB = Annotated[Session, Depends(get_db)]


@app.post("/start/{tree}")
def start(tree: str, db: DB) -> RedirectResponse:
    walk = Walk(id=secrets.token_urlsafe(18), step=0, updated_at=datetime.now(UTC))
    db.add(walk)
    db.commit()
    return RedirectResponse(f"/walks/{walk.id}/1", status_code=303)


@app.post("/walks/{id}/answer")
def answer(
    id: str,
    db: DB,
    seq: Annotated[int, Form()],
    node: Annotated[str, Form()],
    client_id: Annotated[str, Form()],
    answer: Annotated[str, Form()] = "",
    text: Annotated[str, Form()] = "",
) -> RedirectResponse:
    walk = db.get(Walk, id)
    if walk is None or STEPS[walk.step]["node"] != node or walk.step + 1 != seq:
        raise HTTPException(409)
    step = STEPS[walk.step]
    db.add(
        Event(
            walk_id=id, seq=seq, created_at=datetime.now(UTC), asked=step["asked"],
            answered=answer or step["answered"], note=text, client_id=client_id,
        )
    )  # fmt: skip
    walk.step += 1
    walk.updated_at = datetime.now(UTC)
    db.commit()
    return RedirectResponse(f"/walks/{id}/{seq + 1}", status_code=303)


@app.get("/walks/{id}/{seq}", response_class=HTMLResponse)
def page(request: Request, id: str, seq: int, db: DB) -> HTMLResponse:
    walk = db.get(Walk, id)
    if walk is None:
        raise HTTPException(404)
    said = [
        {"asked": e.asked, "answered": e.answered, "at": e.created_at, "note": e.note}
        for e in walk.events
    ]
    context = {
        "walk": {"id": id, "seq": walk.step + 1},
        "client_id": secrets.token_urlsafe(12),
        "step": STEPS[walk.step],
        "said": said,
        "notes": [line for line in said if line["note"]],
    }
    return templates.TemplateResponse(request, "tutorial.html", context)


if __name__ == "__main__":
    serve(app)
