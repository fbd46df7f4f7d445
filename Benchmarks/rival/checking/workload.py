"""The records of the check: jobs, the same again, the same order with other content, and what is no job at all."""

from __future__ import annotations

import json
import random


class Workload:
    """`records` are (key, value) in the order of sending; the rest is what must come of them."""

    def __init__(self, jobs: int, seed: int = 1):
        choose = random.Random(seed)
        self.orders = [f"check-{number:05d}" for number in range(jobs)]
        self.declined = set(self.orders[::100])
        self.duplicates: list[str] = []
        self.conflicts: list[str] = []
        self.rejected: list[str] = []
        self.unreadable = 0
        values = {order: self._job(order, number) for number, order in enumerate(self.orders)}
        sent = [(order, values[order]) for order in self.orders]
        extra = []
        for order in choose.sample(self.orders, jobs // 20):
            self.duplicates.append(order)
            members = json.loads(values[order])
            extra.append((order, json.dumps(dict(reversed(members.items())), indent=1).encode()))
        for order in choose.sample(self.orders, jobs // 40):
            self.conflicts.append(order)
            extra.append((order, json.dumps(json.loads(values[order]) | {"amount": 77}).encode()))
        bad = [self._bad(choose, number) for number in range(jobs // 40)]
        # Everything that repeats an order comes behind it; the bad records come anywhere.
        self.records = sent + extra
        for record in bad:
            self.records.insert(choose.randrange(len(self.records)), record)
        self.bad = len(bad)

    def _job(self, order: str, number: int) -> bytes:
        job = {
            "order_id": order,
            "agent_name": "Zo\u00eb M\u00fcller" if number % 7 == 0 else "Sales - Andrew Swift",
            "intent": ("payment", "withdrawal", "authorization")[number % 3],
            "currency": "EUR",
            "amount": 1000 + number,
            "cid": f"c-{number:x}",
            "locale": "en-GB",
            "customer_data": {
                "country": "GB",
                "first_name": "Jane",
                "last_name": "Roe",
                "email": "jane@example.test",
                "phone": 442071234567 if number % 5 == 0 else "442071234567",
            },
            "notification_url": "https://crm.example.test/notify",
            "return_url": "https://crm.example.test/return?tx={{transaction.tid}}",
            "variable1": f'say "{number}" \\ again' if number % 11 == 0 else f"desk {number}",
        }
        if number % 13 == 0:
            job["campaign"] = "spring"
        if order in self.declined:
            job["variable3"] = "simulate:decline"
        return json.dumps(job, ensure_ascii=number % 2 == 0, separators=(",", ":")).encode()

    def _bad(self, choose, number: int):
        order = f"bad-{number:04d}"
        job = json.loads(self._job(order, number + 1))
        kind = number % 10
        if kind == 0:
            self.unreadable += 1
            return order, b'{"order_id": "' + order.encode() + b'", }'
        if kind == 1:
            self.unreadable += 1
            return order, json.dumps(job).encode().replace(b'"cid"', b'"amount": 5, "cid"')
        if kind == 2:
            self.unreadable += 1
            return order, None
        if kind == 3:
            self.unreadable += 1
            return order, json.dumps(job).encode().replace(b"Jane", b"\xff\xfe")
        self.rejected.append(order)
        changes = {
            4: {"amount": "100"},
            5: {"agent_nmae": "Ann"},
            6: {"variable2": "card 4111 1111 1111 1111"},
            7: {"notification_url": "https://10.0.0.1/notify"},
            8: {"currency": "XXX"},
        }
        if kind == 9:
            return "another-key", json.dumps(job).encode()
        return order, json.dumps(job | changes[kind]).encode()
