"""What registering is compared with: a minimal FastAPI application that inserts one plain row.

`python -m tests.benchmarks.plain_insert PORT DATABASE_URL`. The driver, the number of connections and
uvicorn's settings are those of the public process; there is nothing else in it.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import psycopg
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

CONNECTIONS = 10
INSERT = "INSERT INTO plain (id, email, language, received_at) VALUES (%s, %s, %s, now())"


class Row(BaseModel):
    email: str
    language: str


def create_app(url: str) -> FastAPI:
    free: asyncio.Queue[psycopg.AsyncConnection[Any]] = asyncio.Queue()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        opened = [await psycopg.AsyncConnection.connect(url) for _ in range(CONNECTIONS)]
        await opened[0].execute(
            "CREATE TABLE IF NOT EXISTS plain (id uuid PRIMARY KEY, email text, language text,"
            " received_at timestamptz)"
        )
        await opened[0].commit()
        for connection in opened:
            free.put_nowait(connection)
        yield
        for connection in opened:
            await connection.close()

    app = FastAPI(lifespan=lifespan)

    @app.post("/rows", status_code=202)
    async def insert(row: Row) -> dict[str, str]:
        connection = await free.get()
        try:
            async with connection.transaction():
                await connection.execute(INSERT, (uuid4(), row.email, row.language))
        finally:
            free.put_nowait(connection)
        return {"status": "received"}

    return app


if __name__ == "__main__":
    uvicorn.run(
        create_app(sys.argv[2]),
        port=int(sys.argv[1]),
        access_log=False,
        server_header=False,
        log_level="warning",
        proxy_headers=False,
    )
