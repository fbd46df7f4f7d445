extension Configuration.Account {
    /// How requests are signed, and what makes an answer credible.
    package struct Trust: Equatable, Sendable {
        /// What an answer needs that opens nothing.
        package enum ErrorSignatures: String, CaseIterable, Sendable {
            case optional
            case required
            case ignored
        }

        private enum Echo: String, CaseIterable {
            case checked
            case ignored
        }

        /// Names of fields, in order.
        package var requestFields: [String]
        /// The same; a dot leads into an object. Has the status, the timestamp and the redirect URL.
        package var responseFields: [String]
        package var lookUpFields: [String]
        /// nil leaves the signatures of look-ups unchecked.
        package var lookUpResponseFields: [String]?
        package var requestHeader: String
        package var responseHeader: String
        package var errorSignatures: ErrorSignatures
        package var checksAmount: Bool
        package var checksCurrency: Bool
        package var checksIntent: Bool
        /// In bytes.
        package var redirectURLMax: Int

        init(_ section: String, _ values: SettingValues) {
            requestFields = values.known(section + "request_signature_fields", values.texts)
            responseFields = values.known(section + "response_signature_fields", values.texts)
            lookUpFields = values.known(section + "look_up_signature_fields", values.texts)
            lookUpResponseFields = values.texts(section + "look_up_response_signature_fields")
            requestHeader = values.known(section + "request_signature_header", values.text)
            responseHeader = values.known(section + "response_signature_header", values.text)
            errorSignatures = values.word(section + "error_signatures", as: ErrorSignatures.self)
            checksAmount = values.word(section + "amount_echo", as: Echo.self) == .checked
            checksCurrency = values.word(section + "currency_echo", as: Echo.self) == .checked
            checksIntent = values.word(section + "intent_echo", as: Echo.self) == .checked
            redirectURLMax = values.known(section + "redirect_url_max", values.number)
        }
    }
}
