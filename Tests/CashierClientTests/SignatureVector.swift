import CashierClient
import CashierSignature
import Testing

/// A message whose signature is known.
struct SignatureVector: Sendable, CustomTestStringConvertible {
    var id: String
    var title: String
    var fields: SignatureFields
    /// Starting from the defaults of its kind.
    var values: [String: SignedValue]
    var secret = "MerchantSecretKey"
    var digest: String
    /// False for digests that only a faulty implementation produces.
    var isRight = true

    var testDescription: String { "\(id): \(title)" }

    func value(_ name: String) -> SignedValue {
        values[name] ?? .null
    }
}

extension SignatureVector {
    static let all = published + requests + responses + others

    /// The provider's own, of an older version of its API: they pin the hash, the place of the secret and the case.
    private static let published = [
        SignatureVector(
            id: "D1",
            title: "published example",
            fields: SignatureFields(["all"]),
            values: ["all": .text("Integration TEST USDTest-Integration-Merchant15688553921.1ABCDEF")],
            digest: "c8d9b1824601bb6e11342afc36cb7281892daead2fbae257"
                + "ea2d2ff8aa4908d66d5863a429e247d47155c01a0592e482"
        ),
        SignatureVector(
            id: "D2",
            title: "published example",
            fields: SignatureFields(["all"]),
            values: ["all": .text("Integration TEST USDTest-Integration-Merchant15598253737528561.1")],
            digest: "c1eb4464bce78dd099501fbdbc6c9b9979070b4d82ef47fb"
                + "bfbf9535104934d4abd77bfd9480685b317d60db5339097b"
        ),
    ]

    private static let responses = [
        SignatureVector(
            id: "P1",
            title: "success",
            fields: .response,
            values: response([
                "redirect_url": .text("https://cashier.example.test/login/8a7sd87a8sd778ac961062c6bedddb8?x=1&y=2"),
                "customer.customer_token": .text("87cfb23a8f1e68e162c276b754d9c061"),
            ]),
            digest: "bb85a08d3b0b0f197629c9e1464d0f4ae89a4fd97081cabb"
                + "61bee5eaa80fa3f3c6d471cee6bd2195168b153cd8e4e9e1"
        ),
        SignatureVector(
            id: "P2",
            title: "URL hashed with its JSON escapes",
            fields: .response,
            values: response([
                "redirect_url": .text("https://cashier.example.test/login/8a7sd87a8sd778ac961062c6bedddb8?x=1&y=2"),
                "customer.customer_token": .text("87cfb23a8f1e68e162c276b754d9c061"),
            ]),
            digest: "d073db6d2c00bcfce5b05db2ea441cfc015fbee2f8b175f1"
                + "4925e7d0c0884f097de9268cd19e9f8825f9fa838d0c3aba",
            isRight: false
        ),
        SignatureVector(
            id: "P3",
            title: "empty URL",
            fields: .response,
            values: response([
                "redirect_url": .text(""),
                "customer.customer_token": .text("87cfb23a8f1e68e162c276b754d9c061"),
            ]),
            digest: "1eda139621941a7528b823ff7f23aa6892c536f821e1857c"
                + "9b0f557109751e6e358a4315cfb4ac1da18b3b5364786fd7"
        ),
        SignatureVector(
            id: "P4",
            title: "no customer",
            fields: .response,
            values: response([
                "redirect_url": .text("https://cashier.example.test/login/8a7sd87a8sd778ac961062c6bedddb8?x=1&y=2")
            ]),
            digest: "fadbbb2a616b7c5bdd03fe620a38b31596ba3209dd410646"
                + "493a09758ed0886165e82ced1f5dc8ec8fd565b251928dcc"
        ),
        SignatureVector(
            id: "P5",
            title: "error without URL and customer",
            fields: .response,
            values: response(["status": .integer(400)]),
            digest: "a092b32df48f5dbe20694487091bfee7df03da33a9ed9cb9"
                + "ff847c7bd4a23fb300979b4b890e4e64d5b347166c70f1db"
        ),
        SignatureVector(
            id: "P6",
            title: "error with customer",
            fields: .response,
            values: response([
                "status": .integer(400),
                "customer.customer_token": .text("87cfb23a8f1e68e162c276b754d9c061"),
            ]),
            digest: "9de830f64de7de8e6c55562c121d21d7e6517bedfac54480"
                + "9fa7fb878e4f8eebba36a5e253d536f712027a4fa13484e2"
        ),
        SignatureVector(
            id: "P7",
            title: "negative status",
            fields: .response,
            values: response(["status": .integer(-1)]),
            digest: "a9f6713bb5c5d796de8659802de623184e5d96d2bb6e68ec"
                + "e0b6d651781fd34f5fc14ca3d07b4964988a23190795558b"
        ),
        SignatureVector(
            id: "P8",
            title: "error without timestamp",
            fields: .response,
            values: response(["status": .integer(406), "timestamp": .null]),
            digest: "76522cd872a79ca68a7e292e7827ae86099963a4e5dfe265"
                + "5fa6a6c813d762735cf803c351f92b48a4e71a6fba1276a4"
        ),
        SignatureVector(
            id: "P9",
            title: "URL beyond ASCII",
            fields: .response,
            values: response([
                "redirect_url": .text("https://cashier.example.test/\u{E9}?q=\u{FC}"),
                "customer.customer_token": .text("87cfb23a8f1e68e162c276b754d9c061"),
            ]),
            digest: "7af368fe870104f46c9bb28e20fea9b2b2a5f5ae0337f482"
                + "8d7fb828b51c6f84038033abe5b78411847ad223299ac8ba"
        ),
    ]

    private static let others = [
        SignatureVector(
            id: "F1",
            title: "look-up",
            fields: .findOrder,
            values: account(["order_id": .text("test-1560610955")]),
            digest: "f069f0402e92c53c790819dd1c6aa9987e5ffe1fae1aa710"
                + "77f6541046400acaaf91444ded1ee7ea60f6890e0ae497bb"
        ),
        SignatureVector(
            id: "N1",
            title: "rate as text",
            fields: .notification,
            values: callback([
                "transaction.tid": .integer(756850),
                "transaction.currency": .text("EUR"),
                "transaction.amount": .integer(100),
                "transaction.conversion_rate": .text("1.000000"),
                "transaction.processed_currency": .text("EUR"),
                "transaction.processed_amount": .integer(100),
            ]),
            digest: "efe153ab4afbfdc051a51c329d958c6b7728b5a980cf9110"
                + "23d9987ac64f1bfa87b83b1174bd21f0579d76a8962b9c99"
        ),
        SignatureVector(
            id: "N2",
            title: "rate as number",
            fields: .notification,
            values: callback([
                "transaction.tid": .integer(756850),
                "transaction.currency": .text("EUR"),
                "transaction.amount": .integer(100),
                "transaction.conversion_rate": .integer(1),
                "transaction.processed_currency": .text("EUR"),
                "transaction.processed_amount": .integer(100),
            ]),
            digest: "5f02424333f930968f57a56ae15b88dbfc1b11092f2b5905"
                + "9faf80e29d51305caca6c0f1a97b722ee7e860dee354fdc2"
        ),
        SignatureVector(
            id: "N3",
            title: "not processed yet",
            fields: .notification,
            values: callback([
                "transaction.tid": .integer(756850),
                "transaction.currency": .text("EUR"),
                "transaction.amount": .integer(100),
                "transaction.conversion_rate": .null,
                "transaction.processed_currency": .null,
                "transaction.processed_amount": .null,
            ]),
            digest: "1353bf56b867b3418d9b69a41aba25ae2523ee5752ea37e6"
                + "930fb0dc7e7dceabe1076cf5ae6026fd6bc33a696508f04a"
        ),
        SignatureVector(
            id: "N4",
            title: "session expired",
            fields: .notification,
            values: callback(),
            digest: "a1b2e1c9744c9a9c09c10a4f71f56c45ba754fa8b7f739ec"
                + "32671aff78bc5da6b18549071d8afcfe7b6991886ae1d6a9"
        ),
        SignatureVector(
            id: "V1",
            title: "validation",
            fields: .validation,
            values: callback([
                "transaction_attempt.currency": .text("EUR"),
                "transaction_attempt.amount": .integer(100),
                "transaction_attempt.conversion_rate": .text("1.000000"),
                "transaction_attempt.attempted_currency": .text("EUR"),
                "transaction_attempt.attempted_amount": .integer(100),
            ]),
            digest: "fc1f2b7bd092b456ed1a8d94e252697035b2f9f969c12b1f"
                + "b394070a21ed905d5c76e16f27311f6e362972254640239b"
        ),
        SignatureVector(
            id: "V2",
            title: "validation without rate",
            fields: .validation,
            values: callback([
                "transaction_attempt.currency": .text("EUR"),
                "transaction_attempt.amount": .integer(100),
                "transaction_attempt.conversion_rate": .null,
                "transaction_attempt.attempted_currency": .null,
                "transaction_attempt.attempted_amount": .null,
            ]),
            digest: "bd2ba801cd7e65cee10da5f92bc8b47d1706c51151a1dc91"
                + "e705d7a90cd806fea1689ac56398c5c8020bff0eed7cb705"
        ),
        SignatureVector(
            id: "A1",
            title: "acknowledgement",
            fields: .acknowledgement,
            values: acknowledgement(["status": .integer(0)]),
            digest: "91952dcd631499b72e20a138f98ff9cbf8a091606aa09242"
                + "b764999cad22851bd9ab5f3dbc8217855b489737fcac9ac0"
        ),
        SignatureVector(
            id: "A2",
            title: "negative acknowledgement",
            fields: .acknowledgement,
            values: acknowledgement(["status": .integer(-1)]),
            digest: "a9f6713bb5c5d796de8659802de623184e5d96d2bb6e68ec"
                + "e0b6d651781fd34f5fc14ca3d07b4964988a23190795558b"
        ),
        SignatureVector(
            id: "C1",
            title: "customer sync",
            fields: .customerSync,
            values: account(["cid": .text("1")]),
            digest: "09f26b993ae08ca0ba2be3d1d2f08f7e3ce8a49ff63fa786"
                + "e378a1db9bb5a0d819ca629f9319a0308983a0a980f7d040"
        ),
    ]

    static func account(_ changes: [String: SignedValue] = [:]) -> [String: SignedValue] {
        let values: [String: SignedValue] = [
            "merchant_id": .text("Test-Integration-Merchant"),
            "application_key": .text("Sandbox"),
            "timestamp": .integer(1_590_611_635),
        ]
        return values.merging(changes) { $1 }
    }

    static func request(_ changes: [String: SignedValue] = [:]) -> [String: SignedValue] {
        let values: [String: SignedValue] = [
            "intent": .text("payment"),
            "cid": .text("1"),
            "order_id": .text("test-1560610955"),
            "agent_name": .text("Sales - Andrew Swift"),
        ]
        return account(values).merging(changes) { $1 }
    }

    static func callback(_ changes: [String: SignedValue] = [:]) -> [String: SignedValue] {
        let values: [String: SignedValue] = [
            "customer.customer_token": .text("87cfb23a8f1e68e162c276b754d9c061"),
            "session.order_id": .text("test-1560610955"),
        ]
        return account(values).merging(changes) { $1 }
    }

    static func response(_ changes: [String: SignedValue] = [:]) -> [String: SignedValue] {
        ["status": .integer(0), "timestamp": .integer(1_590_611_635)].merging(changes) { $1 }
    }

    static func acknowledgement(_ changes: [String: SignedValue] = [:]) -> [String: SignedValue] {
        ["timestamp": .integer(1_590_611_635)].merging(changes) { $1 }
    }
}
