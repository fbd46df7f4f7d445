import SessionCore
import Testing

@Suite struct CurrenciesTests {
    @Test func exponentsAreThoseOfTheProvidersList() {
        let threeDecimals = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"]
        let noDecimals = [
            "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF",
            "XOF", "XPF",
        ]
        for code in threeDecimals { #expect(Currencies.exponent(of: code) == 3) }
        for code in noDecimals { #expect(Currencies.exponent(of: code) == 0) }
        // Often mistaken for currencies without decimals.
        for code in ["USD", "EUR", "HUF", "TWD", "IDR", "MGA", "MRU"] { #expect(Currencies.exponent(of: code) == 2) }
        for code in ["CLF", "UYW"] { #expect(Currencies.exponent(of: code) == 4) }
    }

    @Test(arguments: ["BTC", "XAU", "XXX", "XTS", "usd", "US", "", "USDT", "DEM"])
    func othersHaveNone(_ code: String) {
        #expect(Currencies.exponent(of: code) == nil)
    }
}
