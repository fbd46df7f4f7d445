/// Codes of the standards that the provider's pages name, and of the lists that its clients carry.
enum KnownCodes {
    /// ISO 3166-1 alpha-2.
    static let countries = set(
        """
        AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
        CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO
        FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE
        JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO
        MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW
        PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM
        TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
        """
    )

    /// Countries whose customers need a `zip` (API 1.3, objects/customer_data).
    static let countriesWithZip = set("US CA")
    /// Countries whose customers need a `state` (API 1.3, objects/customer_data).
    static let countriesWithState = set("US CA AU")

    private static let noDecimals = set("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF")
    private static let threeDecimals = set("BHD IQD JOD KWD LYD OMR TND")
    private static let twoDecimals = set(
        """
        AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC
        CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD
        KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO
        NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL
        THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD YER ZAR ZMW ZWG
        """
    )

    /// ISO 4217 without the two codes of four decimals, which the provider's list of fractions does not have.
    static let currencies = twoDecimals.union(noDecimals).union(threeDecimals)

    /// Digits after the point in a major unit, by the provider's list; two for every code that it does not name.
    static func decimals(_ currency: String) -> Int {
        noDecimals.contains(currency) ? 0 : threeDecimals.contains(currency) ? 3 : 2
    }

    /// What public clients send; the provider's own list is not public.
    static let locales = set(
        """
        ar-SA cs-CZ de-DE en-GB en-US es-ES fr-FR hi-IN hu-HU id-ID it-IT ms-MY nl-NL pl-PL pt-PT th-TH tr-TR vi-VN
        zh-CN zh-TW
        """
    )

    private static func set(_ text: String) -> Set<String> {
        Set(text.split(whereSeparator: \.isWhitespace).map(String.init))
    }
}
