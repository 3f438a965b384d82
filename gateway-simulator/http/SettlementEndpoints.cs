using System.Buffers;
using System.Globalization;
using System.Text;
using Payments.GatewaySimulator.Rules;

namespace Payments.GatewaySimulator.Http;

/// <summary>The settlement file of an interval, as CSV, written while the record is read.</summary>
internal static class SettlementEndpoints
{
    private const int FlushAfterBytes = 64 * 1024;
    private const string Header = "id,time,type,reference,processor_reference,currency,gross,fee,net,payout_id\n";

    public static void MapSettlement(this WebApplication app, Processor processor) => app.MapGet("/settlement", context => WriteAsync(context, processor));

    private static async Task WriteAsync(HttpContext context, Processor processor)
    {
        if (processor.IsDown)
        {
            context.Abort();
            return;
        }

        var (from, to) = (Instant(context, "from"), Instant(context, "to"));
        var refusal = from is null ? Wrong("from", "an instant such as 2026-10-31T00:00:00Z")
            : to is null || to < from ? Wrong("to", "an instant that is not before from")
            // What is asked for while it still happens would be something else a moment later.
            : to > processor.Now ? Wrong("to", "an instant that has passed")
            : null;
        if (refusal is not null)
        {
            await context.RefuseAsync(refusal);
            return;
        }

        var lines = await processor.SettlementAsync(from!.Value, to!.Value);
        context.Response.ContentType = "text/csv; charset=utf-8";
        var target = context.Response.BodyWriter;
        Write(target, Header);
        foreach (var line in lines)
        {
            Write(target, Row(line));
            if (target.UnflushedBytes >= FlushAfterBytes)
            {
                await target.FlushAsync(context.RequestAborted);
            }
        }

        // The last row tells a file from one that was cut off, and the empty files of two days apart.
        Write(target, string.Create(CultureInfo.InvariantCulture, $"{from:yyyy-MM-ddTHH:mm:ssZ}/{to:yyyy-MM-ddTHH:mm:ssZ},{to:yyyy-MM-ddTHH:mm:ss},end,,,,,,,\n"));
        await target.FlushAsync(context.RequestAborted);
    }

    // No field needs quotes: references, ids and currencies hold neither commas nor quotes.
    private static string Row(SettlementLine line) => string.Create(
        CultureInfo.InvariantCulture,
        $"{line.Id},{line.At.UtcDateTime:yyyy-MM-ddTHH:mm:ss},{line.Type},{line.Reference},{line.ProcessorReference},{line.Currency},{Minor.Major(line.Gross, line.Currency)},{Minor.Major(line.Fee, line.Currency)},{Minor.Major(line.Net, line.Currency)},{line.PayoutId}\n");

    private static void Write(IBufferWriter<byte> target, string text) => Encoding.UTF8.GetBytes(text, target);

    private static DateTimeOffset? Instant(HttpContext context, string name) =>
        DateTimeOffset.TryParseExact(
            context.Request.Query[name], ["yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? at
            : null;

    private static Refusal Wrong(string name, string rule) => new("invalid_field", name, $"{name} must be {rule}.");
}
