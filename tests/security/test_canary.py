"""docstring later"""

from __future__ import annotations

import time
import pytest
from canary_project import write_echoes, write_own_ways, write_sensitive
from hostile import HERE, WORKERS


@pytest.mark.parametrize("workers", [HERE, WORKERS], ids=["here", "workers"])
def test_no_secret_is_shown_anywhere(canary_project, workers):
    secrets = canary_project.make_secrets()
    sent = write_echoes(canary_project, secrets, offset=len(workers) // 2)
    write_own_ways(canary_project, secrets, offset=len(workers) // 2)
    write_sensitive(canary_project)

    t=time.time()
    run = canary_project.run(*workers)
    print("RUN", time.time()-t)
    t=time.time()
    leaks = run.leaks()
    print("SEARCH", time.time()-t)
    import collections
    for (p,h), n in collections.Counter((l.place.partition("-")[0], l.how) for l in leaks).items():
        print("LEAK", n, p, h)
    for l in leaks[:40]:
        print("  ", l.place, l.how, l.name, repr(l.excerpt))

    print(run.text[-300:])
    missing = sent - canary_project.server.arrived
    print("MISSING", sorted(w for w,_ in missing)[:20])
    assert not missing
    assert not leaks
