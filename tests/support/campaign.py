"""What the long tests in tests/campaigns/ share: how often they try, and the line that states their result.

Each file there is run by hand, such as `pytest tests/campaigns/mutations.py`; `make test` does not collect it, because
its name does not begin with test_. docs/reliability.md has the last results.
"""

import os
import resource


def size(usual: int) -> int:
    """How often something is tried: `usual`, or what the environment variable CAMPAIGN says."""
    return int(os.environ.get("CAMPAIGN", usual))


def report(text: str) -> None:
    """Writes one result, with the time that all cores have spent on this process and its children until now."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    seconds = sum(one.ru_utime + one.ru_stime for one in used)
    with open(os.environ.get("CAMPAIGN_LOG", os.devnull), "a", encoding="utf-8") as file:
        print(f"{text}; {seconds:.0f} core seconds until here", file=file)
    print(text)
