"""What Schemathesis shall take for right here: see CONTRIBUTING.md, "An independent tester"."""

import re

import schemathesis
from schemathesis import GenerationMode

# What a schema cannot say: fields that do not fit each other, or the state of things. Each sentence is meant.
REFUSALS = [
    r"is named twice",
    r"must (be|have) an (IP )?address",
    r"Only databases have a name",
    r"uses and namePattern are for enrolment tokens alone",
    r"must be one that this list gave",
    r"Nothing to (do|change)",
    r"needs TLS|needs a name to verify|is HTTP/2|verifies the agent|is mutual TLS|speaks what the agent",
    r"needs |has no |cannot |does not |is for ",
    r"subdomain must be the agentId or the name of the database",
    r"HAProxy cannot do without a default",
    r"not one certificate request|no certificate in the PEM",
    r"ca must hold certificates",
    r"characters together",
    r"is the same header as|belongs to the connection|is set by (the front|hostHeader)",
    r"must have at least \d+ different characters",
    r"is missing",
    r"is not good for",
    r"is the same route as",
    r"is no longer|was given up",
]
REFUSAL = re.compile("|".join(REFUSALS))
# Of the state of things, and of what only a front can make.
STATE = {"IDEMPOTENCY_KEY_REUSED", "DOCUMENT_REFUSED", "DOCUMENT_DAMAGED", "WRONG_PASSPHRASE"}
EXPECTED = {401, 403, 404, 409, 429, 501, 503}


@schemathesis.check
def valid_data_is_refused_for_a_reason(ctx, response, case):
    """In place of positive_data_acceptance: of what its schema takes, the API refuses only what it has words for."""
    if case.meta is None or case.meta.generation.mode != GenerationMode.POSITIVE:
        return
    status = response.status_code
    if status < 400 or status in EXPECTED:
        return
    answer = response.json()
    if status == 400 and (answer["code"] == "TARGET_REFUSED" or REFUSAL.search(answer["error"])):
        return
    if answer["code"] in STATE:
        return
    headers = {name.lower() for name in case.headers}
    if status == 412 and headers & {"if-match", "if-none-match"}:
        return
    raise AssertionError(f"{status} {answer['code']}: {answer['error']}")
