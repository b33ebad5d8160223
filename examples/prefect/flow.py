"""lead-to-customer as a Prefect flow: customer, license, e-mail with the license key, over REST.

    python flow.py lead-4711 < lead.json

Each step has an idempotency key of the lead and its name, so that a flow that is run again, after whatever
failure, finds what the earlier run made: one customer, one license, one e-mail.
"""

import json
import os
import sys

import httpx
from prefect import flow, task
from prefect.cache_policies import NO_CACHE

API = os.environ["IMPRIMATUR_URL"].rstrip("/")
KEY = os.environ["IMPRIMATUR_API_KEY"]

# Statuses and codes after which the same request can succeed later. Every other 4xx is a refusal.
PASSING = {401, 408, 412, 429}
PASSING_CODES = {"IDEMPOTENCY_IN_PROGRESS", "IDEMPOTENCY_KEY_REUSED"}


class Refused(Exception):
    """The server refused the request: a repetition would be refused as well."""


def worth_retrying(_task, _run, state) -> bool:
    try:
        state.result()
    except Refused:
        return False
    except Exception:
        return True
    return False


def post(path: str, body: dict, key: str) -> dict:
    """Sends a request that takes effect once. The answer is not logged: it may contain a license key."""
    headers = {
        "Authorization": f"Bearer {KEY}",
        "Idempotency-Key": key,
        # A flow that is run again within 90 days finds the first result.
        "Idempotency-Remember-Days": "90",
    }
    answer = httpx.post(f"{API}{path}", json=body, headers=headers, timeout=10)
    if answer.is_success:
        return answer.json()
    is_problem = answer.headers.get("Content-Type", "").startswith("application/problem+json")
    code = answer.json()["code"] if is_problem else f"HTTP_{answer.status_code}"
    if is_problem and answer.is_client_error and answer.status_code not in PASSING and code not in PASSING_CODES:
        raise Refused(code)
    raise RuntimeError(f"The request failed with {code}.")


# NO_CACHE: the server remembers results, and Prefect would store arguments.
step = task(
    retries=5,
    retry_delay_seconds=[0.2, 0.5, 1, 2, 4],
    retry_condition_fn=worth_retrying,
    cache_policy=NO_CACHE,
    persist_result=False,
)


@step
def create_customer(lead: dict, key: str) -> str:
    return post("/v1/customers", lead, key)["customer_id"]


@step
def issue_license(license_template_id: str, customer_id: str, key: str) -> str:
    order = {"license_template_id": license_template_id, "customer_id": customer_id}
    return post("/v1/licenses", order, key)["license_id"]


@step
def send_license_email(license_id: str, customer_id: str, key: str) -> str:
    email = {"template": "license_issued", "license_id": license_id, "customer_id": customer_id}
    return post("/v1/email-messages", email, key)["email_message_id"]


# The keys come from the lead, not from the id of the flow run: a flow that is run again has a new one.
@flow(log_prints=True)
def lead_to_customer(lead_id: str) -> dict:
    # The lead comes from standard input and not as a parameter, because Prefect stores parameters in clear text.
    order = json.load(sys.stdin)
    key = f"lead-to-customer/{lead_id}"
    customer_id = create_customer(order["lead"], f"{key}/create_customer")
    license_id = issue_license(order["license_template_id"], customer_id, f"{key}/issue_license")
    email_message_id = send_license_email(license_id, customer_id, f"{key}/send_license_email")
    return {"customer_id": customer_id, "license_id": license_id, "email_message_id": email_message_id}


if __name__ == "__main__":
    print(json.dumps(lead_to_customer(sys.argv[1])))
