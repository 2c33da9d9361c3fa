"""Tags for task runs that cost nothing (docs/decisions/0002-runs-are-few.md)."""

from prefect.context import TaskRunContext


def tag(*tags: str) -> None:
    """Tag the task run that calls this; the tags are on record when it ends.

    Prefect asks its server about a concurrency limit for every tag that a task has *before* it runs, in turn, with a thread and a
    client for each set of tags: 0.1 s a run, so 44 forces twice are 9 s. A tag that comes later is only recorded. Raises
    RuntimeError outside a task.
    """
    context = TaskRunContext.get()
    if context is None:
        raise RuntimeError("tag() is for the body of a task")
    context.task_run.tags.extend(tag for tag in tags if tag not in context.task_run.tags)
