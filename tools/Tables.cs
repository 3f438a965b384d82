using System.Globalization;
using Payments.Domain;
using Spectre.Console;

namespace Payments.Tools;

/// <summary>Tables of numbers, as people read them.</summary>
internal static class Tables
{
    /// <summary>A table whose columns are numbers, but for the first one.</summary>
    public static Table Numbers(string title, string first, params ReadOnlySpan<string> columns)
    {
        var table = new Table { Title = new TableTitle(title) }.AddColumn(first);
        foreach (var column in columns)
        {
            table.AddColumn(new TableColumn(column).RightAligned());
        }

        return table;
    }

    /// <summary>Minor units in major ones, with exactly the currency's digits, thousands apart: <c>1,234.50</c>.</summary>
    public static string Amount(decimal minor, Currency currency)
    {
        var scale = 1m;
        for (var digit = 0; digit < currency.Exponent; digit++)
        {
            scale *= 10;
        }

        return (minor / scale).ToString($"N{currency.Exponent}", CultureInfo.InvariantCulture);
    }
}
