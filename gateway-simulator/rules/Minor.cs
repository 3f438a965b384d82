using System.Globalization;

namespace Payments.GatewaySimulator.Rules;

/// <summary>Minor units in major ones, as ISO 4217 has them: two digits unless a currency is listed here.</summary>
internal static class Minor
{
    private static readonly Dictionary<string, int> Digits = new(StringComparer.Ordinal)
    {
        ["BIF"] = 0,
        ["CLP"] = 0,
        ["DJF"] = 0,
        ["GNF"] = 0,
        ["ISK"] = 0,
        ["JPY"] = 0,
        ["KMF"] = 0,
        ["KRW"] = 0,
        ["PYG"] = 0,
        ["RWF"] = 0,
        ["UGX"] = 0,
        ["UYI"] = 0,
        ["VND"] = 0,
        ["VUV"] = 0,
        ["XAF"] = 0,
        ["XOF"] = 0,
        ["XPF"] = 0,
        ["BHD"] = 3,
        ["IQD"] = 3,
        ["JOD"] = 3,
        ["KWD"] = 3,
        ["LYD"] = 3,
        ["OMR"] = 3,
        ["TND"] = 3,
        ["CLF"] = 4,
        ["UYW"] = 4,
    };

    /// <summary>E.g. <c>-19.99</c>.</summary>
    public static string Major(long minor, string currency)
    {
        var digits = Digits.GetValueOrDefault(currency, 2);
        var text = Math.Abs(minor).ToString(CultureInfo.InvariantCulture).PadLeft(digits + 1, '0');
        return (minor < 0 ? "-" : "") + (digits == 0 ? text : $"{text[..^digits]}.{text[^digits..]}");
    }
}
