"""A process that has a worker do something without end; killed by a test. Argument: the note with the worker's id."""

import asyncio
import sys
from pathlib import Path

from worker_tasks import be_silent

from nemowatch.media.workers import Workers

asyncio.run(Workers().run(be_silent, Path(sys.argv[1])))
