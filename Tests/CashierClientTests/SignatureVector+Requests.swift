import CashierClient

extension SignatureVector {
    /// Opening requests: every way in which their text can be got wrong.
    static let requests = [
        SignatureVector(
            id: "R1",
            title: "the documented example",
            fields: .request,
            values: request(["intent": .text("sale")]),
            digest: "bf9b0beeff36da2a47841c86647e2f3f939b29b8076680c1"
                + "1f805fda70b3dd68a360f333c4baab943a922e330d196df8"
        ),
        SignatureVector(
            id: "R2",
            title: "a payment",
            fields: .request,
            values: request(),
            digest: "c03ed02dffed656c40ed0c2faf509708be22eda3a1fd46e2"
                + "f9a3e04aff2ff51a7eed4f2b4c0db99499b2482e38662c84"
        ),
        SignatureVector(
            id: "R3",
            title: "numbers given as text",
            fields: .request,
            values: request(["timestamp": .text("1590611635")]),
            digest: "c03ed02dffed656c40ed0c2faf509708be22eda3a1fd46e2"
                + "f9a3e04aff2ff51a7eed4f2b4c0db99499b2482e38662c84"
        ),
        SignatureVector(
            id: "R4",
            title: "null agent",
            fields: .request,
            values: request(["agent_name": .null]),
            digest: "6399dae5301bca803c83ec9cab006e8f347fc29356019060"
                + "44798a108b686f3bcfa802385085b9df1897f9e1e2607845"
        ),
        SignatureVector(
            id: "R5",
            title: "empty agent",
            fields: .request,
            values: request(["agent_name": .text("")]),
            digest: "6399dae5301bca803c83ec9cab006e8f347fc29356019060"
                + "44798a108b686f3bcfa802385085b9df1897f9e1e2607845"
        ),
        SignatureVector(
            id: "R6",
            title: "null written out",
            fields: .request,
            values: request(["agent_name": .null]),
            digest: "63a4ad195df8be64219b45fb0af9f9a945017e3dbc8a0a53"
                + "d6f55dd4751a29924ebba4ca055040eb1a7fd84eb87fcf65",
            isRight: false
        ),
        SignatureVector(
            id: "R7",
            title: "composed letters",
            fields: .request,
            values: request(["agent_name": .text("Zo\u{EB} M\u{FC}ller")]),
            digest: "96e80966d806aa2f42154808c1e8602bc9860193589419cb"
                + "5ecb7d9bd995db4e8ed0e08db0f451dd409e6c1af67df8cc"
        ),
        SignatureVector(
            id: "R8",
            title: "decomposed letters",
            fields: .request,
            values: request(["agent_name": .text("Zoe\u{308} Mu\u{308}ller")]),
            digest: "e71a41580c2132be335281863a8ab70f3831359e6085a72c"
                + "e0aa5b6f43055e3dc31c0450e91f02875f22af26adee5b86"
        ),
        SignatureVector(
            id: "R9",
            title: "Cyrillic",
            fields: .request,
            values: request([
                "agent_name": .text("\u{418}\u{432}\u{430}\u{43D} \u{41F}\u{435}\u{442}\u{440}\u{43E}\u{432}")
            ]),
            digest: "60914ad6747eb4f2269f3be79c9b50873c120ea6d8c28a29"
                + "dfc076a334a22f22d090c9d32432dd1ed236275c3bca7316"
        ),
        SignatureVector(
            id: "R10",
            title: "Chinese, Japanese and a dash",
            fields: .request,
            values: request(["agent_name": .text("\u{738B}\u{5C0F}\u{660E} \u{2013} \u{30D3}\u{30B6}")]),
            digest: "0952f1350868452633149db897d69beb2e3499974ae2ee31"
                + "1eb12b670330a23ed93bea8b1f0929ee696c4eff9a2b0dad"
        ),
        SignatureVector(
            id: "R11",
            title: "an emoji of three scalars",
            fields: .request,
            values: request(["agent_name": .text("Ana \u{1F469}\u{200D}\u{1F4BC}")]),
            digest: "532463964d2ac7bf87bcf5fc4456c3d87c9a33f67ae49dfe"
                + "eb83f7f7426e696f207dda6b098844a556437004da33df8d"
        ),
        SignatureVector(
            id: "R12",
            title: "blanks, quotes and a slash",
            fields: .request,
            values: request(["agent_name": .text(" A/B \"C\" ")]),
            digest: "d0bc95d5a4301f6e65de29393a0aef68e4e4b6b27157c0ec"
                + "306d2dac4447eb75c4315e84ad342311e085ef8c24523b91"
        ),
        SignatureVector(
            id: "R13",
            title: "no separators: 12 and 3",
            fields: .request,
            values: request(["cid": .text("12"), "order_id": .text("3")]),
            digest: "8765fc5b6eeccfd57d6e304e68518cfe56907d6b78268def"
                + "a0f637cdd940d23b35205eb7d9f98a8c0b1c21b0df84e27e"
        ),
        SignatureVector(
            id: "R14",
            title: "no separators: 1 and 23",
            fields: .request,
            values: request(["order_id": .text("23")]),
            digest: "8765fc5b6eeccfd57d6e304e68518cfe56907d6b78268def"
                + "a0f637cdd940d23b35205eb7d9f98a8c0b1c21b0df84e27e"
        ),
        SignatureVector(
            id: "R15",
            title: "leading zeros",
            fields: .request,
            values: request(["order_id": .text("000123")]),
            digest: "dc12eb30b75373ab0abc250ef23b9c72a3f7e0ab0aeb7ca5"
                + "e2e3e0279e227c56d6a0a97e5998f01fbd01985e877556ba"
        ),
        SignatureVector(
            id: "R16",
            title: "leading zeros lost",
            fields: .request,
            values: request(["order_id": .text("000123")]),
            digest: "b3fb36b49b29d4ebd62a68026a353c1a6e3bbf8ab1c9da38"
                + "299b9699810e3d04dd56fa2e980c57773c60cb304554801c",
            isRight: false
        ),
        SignatureVector(
            id: "R17",
            title: "the list without the agent",
            fields: .request,
            values: request(),
            digest: "6399dae5301bca803c83ec9cab006e8f347fc29356019060"
                + "44798a108b686f3bcfa802385085b9df1897f9e1e2607845",
            isRight: false
        ),
        SignatureVector(
            id: "R18",
            title: "a withdrawal",
            fields: .request,
            values: request(["intent": .text("withdrawal")]),
            digest: "1dbc4ebae804b8216944bae84120828473c481719859b33d"
                + "846e83f3ed53aec595360c9193b8d7634d5ae9a6e040950d"
        ),
        SignatureVector(
            id: "R19",
            title: "an authorization",
            fields: .request,
            values: request(["intent": .text("authorization")]),
            digest: "06126d51018c1131bd2e6b4e48347a8a38fe1504d2e754ac"
                + "203d3b6454151640bdbb586c90d6ada0b153672069d59aa2"
        ),
        SignatureVector(
            id: "R20",
            title: "a secret beyond ASCII",
            fields: .request,
            values: request(),
            secret: "s3cr3t-\u{C5}\u{3A9}-\u{1F511}",
            digest: "9862a4a5b784d09bb24759bc67cfb45cfd129a444c4bc8c5"
                + "040be76d95868aa8cff3001d2be7d073cd68221b7e8d2d67"
        ),
    ]
}
