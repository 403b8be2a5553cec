# SPDX-License-Identifier: BSD-3-Clause
"""A peer and its generator, side by side with others that rest meanwhile: what a virtual machine
gives to one changes by the second, so that only slices that follow each other can be compared."""

import contextlib
import json

from processes import Failed, poll


class Lane:
    """Programs that rest while others are measured. Use it in a `with` statement; `peer` is a
    context manager whose value is its programs, and `generator` a function that gives the last."""

    def __init__(self, peer, generator):
        self.peer, self.generator = peer, generator
        self.stack = contextlib.ExitStack()
        self.programs, self.asked = [], 0

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self.programs = [*stack.enter_context(self.peer)]
            self.programs.append(stack.enter_context(self.generator()))
            self.stack = stack.pop_all()
        self.pause(True)
        return self

    def __exit__(self, *_):
        self.pause(False)
        self.stack.close()

    def pause(self, paused):
        """All of them."""
        for program in self.programs:
            program.pause(paused)

    @contextlib.contextmanager
    def awake(self):
        """They run inside the `with`."""
        self.pause(False)
        try:
            yield
        finally:
            self.pause(True)

    def ask(self, case):
        """The generator begins with a case."""
        self.programs[-1].tell(",".join(map(str, case)))
        self.asked += 1

    def answered(self):
        """Whether the generator is through with all cases."""
        return len(self.lines()) == self.asked

    def answer(self):
        """What the generator has written about the case, once it has."""
        ended = self.programs[-1].process.poll
        poll(60, lambda: self.answered() or ended() is not None)
        if not self.answered():
            raise Failed("the generator failed", self.programs[-1].said()[-3000:])
        return json.loads(self.lines()[-1])

    def said(self):
        """The output of all but the generator."""
        return "".join(program.said() for program in self.programs[:-1])

    def lines(self):
        """Results, whole lines of them."""
        said = self.programs[-1].said().splitlines(keepends=True)
        return [line for line in said if line.startswith("{") and line.endswith("\n")]
