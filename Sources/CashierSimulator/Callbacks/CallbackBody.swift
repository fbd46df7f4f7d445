import Cryptography
import SessionCore

/// The body of a callback and its signature (API 1.3, webhooks/notification and webhooks/validation).
struct CallbackBody {
    var account: SimulatorAccount
    var objects: SessionObjects
    /// Nil tells the end of a session.
    var transaction: ProviderTransaction?
    var kind: CallbackSpec.Kind
    var timestamp: Timestamp
    var forgery: Forgery?

    private var personality: Personality { objects.personality }

    /// The values that are signed, in order; null ones add nothing.
    var signed: [String?] {
        let common: [String?] = [
            merchantID, account.applicationKey, SessionObjects.text(timestamp, personality), objects.customerToken,
            objects.orderID,
        ]
        switch kind {
        case .notification:
            return common + [
                transaction.map { String($0.tid) }, transaction?.currency, transaction?.amount,
                signedRate, transaction?.processedCurrency, transaction?.processedAmount,
            ]
        case .validation:
            return common + [
                transaction?.currency, transaction?.amount, signedRate, transaction?.processedCurrency,
                transaction?.processedAmount,
            ]
        }
    }

    /// The value of Gt-Authentication.
    var signature: String? {
        switch forgery {
        case .unsigned: nil
        case .signature: String(repeating: "0123456789abcdef", count: 6)
        case .secret: RequestSignature.digits(signed, secret: Secret(account.secret.reveal() + Array("-other".utf8)))
        case .tampered, .order, .cid, .stale, .future, .merchant, .broken, nil:
            RequestSignature.digits(signed, secret: account.secret)
        }
    }

    var bytes: [UInt8] {
        var shown = transaction
        if forgery == .tampered { shown?.amount = (transaction?.amount ?? "") + "0" }
        var json = SessionObjects.builder(personality)
        json.beginObject()
        json.add("merchant_id", merchantID)
        json.add("application_key", account.applicationKey)
        if kind == .notification { objects.write(rate: shown?.rate, &json) }
        objects.writeCustomer(&json)
        objects.writeSession(&json)
        switch kind {
        case .notification: objects.write(shown, &json)
        case .validation: writeAttempt(shown, &json)
        }
        json.add("version", "1.3")
        SessionObjects.add(timestamp, &json, personality)
        json.endObject()
        return forgery == .broken ? Array(json.bytes.prefix(json.bytes.count / 2)) : json.bytes
    }

    private var merchantID: String {
        forgery == .merchant ? account.merchantID + "-other" : account.merchantID
    }

    private var signedRate: String? {
        guard let rate = transaction?.rate else { return nil }
        return personality.rate == .number ? Self.shortest(rate) : rate
    }

    /// `1.000000` as PHP prints the number: `1`.
    static func shortest(_ rate: String) -> String {
        guard rate.utf8.contains(UInt8(ascii: ".")) else { return rate }
        var text = rate
        while text.last == "0" { text.removeLast() }
        if text.last == "." { text.removeLast() }
        return text
    }

    /// API 1.3, objects/transaction_attempt.
    private func writeAttempt(_ attempt: ProviderTransaction?, _ json: inout JSONBuilder) {
        json.beginObject("transaction_attempt")
        json.add("intent", objects.echo.intent)
        json.add("currency", attempt?.currency)
        json.add("amount", digits: attempt?.amount)
        objects.write(rate: attempt?.rate, &json)
        json.add("attempted_currency", attempt?.processedCurrency)
        json.add("attempted_amount", digits: attempt?.processedAmount)
        json.add("payment_method", objects.echo.paymentMethod ?? "Credit Card")
        json.add("card_data", nil)
        json.add("wallet_data", nil)
        json.add("withdrawal_request_id", nil)
        json.endObject()
    }
}
