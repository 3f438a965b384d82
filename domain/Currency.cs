using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Payments.Domain;

/// <summary>A currency of ISO 4217 with its exponent: how many decimal digits its minor unit has (JPY 0, EUR 2, KWD 3, CLF 4).</summary>
/// <remarks>Only listed currencies exist; funds codes, metals and test codes of the standard are left out on purpose.</remarks>
public sealed record Currency
{
    private static readonly FrozenDictionary<string, Currency> Known = Build();

    private Currency(string code, int exponent) => (Code, Exponent) = (code, exponent);

    /// <summary>Three capital letters, e.g. <c>EUR</c>.</summary>
    public string Code { get; }

    /// <summary>Digits after the decimal point of the major unit: 0, 2, 3 or 4.</summary>
    public int Exponent { get; }

    /// <summary>Every currency that the system takes, by code.</summary>
    public static IReadOnlyCollection<Currency> All => Known.Values;

    /// <summary>Finds a currency by its exact upper-case code.</summary>
    public static bool TryParse(string? code, [NotNullWhen(true)] out Currency? currency)
    {
        currency = null;
        return code is not null && Known.TryGetValue(code, out currency);
    }

    /// <summary>Finds a currency that must exist, because the code was checked before it was stored.</summary>
    /// <exception cref="ArgumentException">The code is not in the list.</exception>
    public static Currency Of(string code) =>
        TryParse(code, out var currency) ? currency : throw new ArgumentException($"'{code}' is no ISO 4217 currency known here.", nameof(code));

    /// <summary>Minor units in major ones, with exactly the currency's digits and no grouping, e.g. <c>-19.99</c>, <c>1999</c>, <c>1.999</c>.</summary>
    public string Major(Int128 minor)
    {
        var digits = ((UInt128)Int128.Abs(minor)).ToString(CultureInfo.InvariantCulture).PadLeft(Exponent + 1, '0');
        var text = Exponent == 0 ? digits : $"{digits[..^Exponent]}.{digits[^Exponent..]}";
        return minor < 0 ? $"-{text}" : text;
    }

    public override string ToString() => Code;

    // ISO 4217 list one, active national currencies, grouped by the exponent of their minor unit.
    private static FrozenDictionary<string, Currency> Build()
    {
        var byExponent = new Dictionary<int, string>
        {
            [0] = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
            [2] = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP "
                + "CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR "
                + "KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN "
                + "PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD "
                + "TZS UAH USD UYU UZS VED VES WST XCD YER ZAR ZMW ZWG",
            [3] = "BHD IQD JOD KWD LYD OMR TND",
            [4] = "CLF UYW",
        };
        return byExponent
            .SelectMany(group => group.Value.Split(' ').Select(code => new Currency(code, group.Key)))
            .ToFrozenDictionary(currency => currency.Code, StringComparer.Ordinal);
    }
}
