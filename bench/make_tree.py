"""Make a tree as large as wanted, as people write them: about 460 bytes a node.

Every node is reachable, every walk reaches an end, and nothing outside the file is needed.
"""

from __future__ import annotations

from collections.abc import Iterator

_HEAD = """\
format: 1
title: A line that is slow or down, the long way round
summary: Goes through every part of the line in turn until one of them is found to be at fault.
owner: broadband-care
tags: [telecom, technical-support]
audience: [agent]
start: {start}

given:
  plan: {{type: choice, of: [fibre, copper]}}

nodes:
"""

# One part of the line: seven nodes. What its rule reads is read nowhere else, so that the states
# of a walk grow with the tree and not with its square.
_PART = """\
  lights_{n}:
    ask: What colour is the light on part {n} of the line, the one beside the label "Internet"?
    hint: Older boxes label it "@". Never ask the customer to open the case, and never wait in silence.
    tags: [lights, part_{n}]
    expect: 40s
    choices:
      green: {{label: Solid green, next: after_{n}, hint: It may look white in sunlight.}}
      amber: {{label: Flashing amber, next: restart_{n}, hint: "Slow or fast, both count."}}
      red: {{label: Red, next: cable_{n}, hint: Solid or flashing.}}
      off: {{label: No light, next: cable_{n}, hint: Look at the label first.}}

  restart_{n}:
    tell: >-
      Please switch part {n} off at its button, count slowly to thirty, and switch it on again. It
      needs about two minutes, and I stay on the line with you while it comes back.
    hint: Use the time to confirm the address and the best number to call back.
    help: The button is at the back, beside the socket for the power; it is small and round.
    wait: 120s
    expect: 2m
    tags: [restart]
    next: after_{n}

  cable_{n}:
    tell: Let us look at the cable that leads into part {n} of the line, from end to end.
    checklist:
      - The plug sits firmly in the socket and does not move when you touch it.
      - The cable is not bent sharply, and nothing heavy stands on it.
      - There is no adapter between the plug and the wall.
    hint: A cable that was chewed by a pet is replaced free of charge, once a year.
    expect: 90s
    next: after_{n}

  after_{n}:
    ask: Does a page open now if you try again on the device that you use most?
    hint: Ask for a page that the customer has not opened today, so that nothing comes from memory.
    help: Try a page that you have not opened today.
    tags: [retest, part_{n}]
    choices:
      yes: {{label: "Yes, it opens", next: sort_{n}}}
      slowly: {{label: "It opens, but slowly", next: notes_{n}}}
      no: {{label: "No, nothing opens", next: notes_{n}}}

  notes_{n}:
    ask: What exactly did you see on the screen, and since when?
    hint: Word for word if there is a message; it is searched for later.
    fields:
      message: {{type: text, label: Message on the screen, max: 200, required: false}}
      since: {{type: date, label: First seen on, required: false}}
      devices: {{type: integer, label: How many devices, min: 0, max: 50, required: false}}
      wired: {{type: yesno, label: Connected by a cable}}
    next: sort_{n}

  sort_{n}:
    # Only a part that is dark and stays dark is at fault; all else goes on to the next one.
    decide:
      - when: lights_{n} in ["red", "off"] and after_{n} == "no"
        next: fault_{n}
      - when: after_{n} == "slowly" and lights_{n} == "amber" and plan == "copper"
        next: fault_{n}
    otherwise: {next}
    note: The thresholds were agreed with the field service; ask them before they are changed.

  fault_{n}:
    end: Part {n} of the line is at fault. A technician comes and replaces it, free of charge.
    hint: Say the number of the part again, and that an adult has to be at home.
    tags: [fault, part_{n}]
    note: Reports count these by part, so the number of the part is in the tag and in the text.
    verbatim: false

"""
_PART_SIZE = 7

_WORDS = """\
  welcome_{n}:
    tell: Thank you for calling about your line. Before we begin I have to tell you a few things.
    hint: Read it out at an even pace; pause after each sentence and wait for a yes.
    help: This takes about a minute. Have the number of your contract at hand.
    tags: [welcome, compliance]
    expect: 30s
    next: {next}

"""

_DONE = """\
  done:
    end: All parts of the line work as they should. Thank you for your patience.
    hint: Offer to call back tomorrow at the same time.
    tags: [fine]
"""


def tree_yaml(nodes: int) -> str:
    """A tree with exactly so many nodes (one at least), as YAML."""
    return "".join(_texts(nodes))


def _texts(nodes: int) -> Iterator[str]:
    parts, welcomes = divmod(max(nodes, 1) - 1, _PART_SIZE)
    names = [f"welcome_{n}" for n in range(welcomes)] + [f"lights_{n}" for n in range(parts)]
    names.append("done")
    yield _HEAD.format(start=names[0])
    for n in range(welcomes):
        yield _WORDS.format(n=n, next=names[n + 1])
    for n in range(parts):
        yield _PART.format(n=n, next=names[welcomes + n + 1])
    yield _DONE
