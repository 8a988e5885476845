"""A web service that runs jobs in containers, on engines that speak API 1.44.

pip install moorage fastapi uvicorn
uvicorn service:app
curl --json '{"image": "busybox", "command": ["echo", "hello"]}' localhost:8000/jobs
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel

import moorage
from moorage_api import v1_44

LABEL = "com.example.job"


class Job(BaseModel):
    """A request of a client."""

    image: str
    command: list[str]


class State(BaseModel):
    """The state of a job."""

    id: str
    state: str
    image: str


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Keep one engine for all requests; it reuses its connections."""
    async with moorage.connect_async(v1_44.AsyncEngine, timeout=30) as engine:
        app.state.engine = engine
        yield


app = FastAPI(title="jobs", lifespan=lifespan)


async def connected(request: Request) -> v1_44.AsyncEngine:
    """Return the engine."""
    engine: v1_44.AsyncEngine = request.app.state.engine
    return engine


Engine = Annotated[v1_44.AsyncEngine, Depends(connected)]


async def known(job: str, engine: Engine) -> str:
    """Return the ID of a job; other containers on the engine are not this service's."""
    container = await engine.containers.inspect(job)
    if LABEL not in (container.config.labels or ()):
        raise HTTPException(404, f"no such job: {job}")
    return container.id


Known = Annotated[str, Depends(known)]


@app.exception_handler(moorage.APIError)
async def refused(_: Request, error: moorage.APIError) -> JSONResponse:
    """Hand on what the engine refused: 404 for what is missing, 409 for a conflict."""
    return JSONResponse({"detail": error.message}, error.status)


@app.exception_handler(moorage.EngineError)
async def failed(_: Request, error: moorage.EngineError) -> JSONResponse:
    """Tell that the engine could not be reached, or failed."""
    return JSONResponse({"detail": str(error)}, 503)


@app.post("/jobs", status_code=201)
async def start(job: Job, engine: Engine) -> dict[str, str]:
    """Start a job; a missing image is pulled."""
    container = await engine.create(
        job.image, job.command, labels={LABEL: "yes"}, network_mode="none", memory="256m"
    )
    await engine.containers.start(container)
    return {"id": container}


@app.get("/jobs")
async def jobs(engine: Engine) -> list[State]:
    """List all jobs."""
    found = await engine.containers.list(all=True, filters={"label": LABEL})
    return [State(id=each.id, state=each.state, image=each.image) for each in found]


@app.get("/jobs/{job}/log")
async def log(job: Known, engine: Engine) -> StreamingResponse:
    """Send the job's output as it comes, until the job ends or the client goes away."""

    async def output() -> AsyncIterator[bytes]:
        async with engine.containers.logs(job, stdout=True, stderr=True, follow=True) as frames:
            async for frame in frames:
                yield frame.data

    return StreamingResponse(output(), media_type="text/plain")


@app.delete("/jobs/{job}", status_code=204)
async def delete(job: Known, engine: Engine) -> None:
    """Remove a job, whether it runs or not."""
    await engine.containers.delete(job, force=True, v=True)
