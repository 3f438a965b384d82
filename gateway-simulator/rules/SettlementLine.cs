using System.Globalization;

namespace Payments.GatewaySimulator.Rules;

/// <summary>A line of the settlement file: one effect that moved money, or what was paid to the client's bank. Amounts in minor units, + is more for the client.</summary>
/// <param name="Id">The same whenever the line is asked for.</param>
/// <param name="Reference">The client's reference; null for a payout.</param>
/// <param name="ProcessorReference">The operation, dispute or payout.</param>
/// <param name="Fee">What is kept of it; negative where a fee is given back.</param>
/// <param name="PayoutId">What pays it out, on the day after it.</param>
internal sealed record SettlementLine(
    string Id, DateTimeOffset At, string Type, string? Reference, string ProcessorReference, string Currency, long Gross, long Fee, string PayoutId)
{
    private const long FeePerMille = 14;
    private const long FeeFixed = 25;

    public long Net => Gross - Fee;

    /// <summary>What a charge or capture costs: 1.4 % of the amount, rounded half up to a minor unit, and 25 minor units.</summary>
    public static long ProcessingFee(long amount) => (amount * FeePerMille + 500) / 1_000 + FeeFixed;

    /// <summary>The lines of an interval, in order, of a record that is read from its beginning: payouts are sums of what was before.</summary>
    public static IEnumerable<SettlementLine> Of(IEnumerable<Operation> record, DateTimeOffset from, DateTimeOffset to)
    {
        var day = DateOnly.MinValue;
        var latest = DateTimeOffset.MinValue;
        var due = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var operation in record)
        {
            if (Of(operation) is not { } line)
            {
                continue;
            }

            // A clock that was set back moves nothing into a day that is paid out.
            latest = line.At > latest ? line.At : latest;
            line = line with { At = latest };
            if (latest >= to)
            {
                break;
            }

            if (Day(latest) != day)
            {
                foreach (var payout in Payouts(day, due).Where(payout => payout.At >= from))
                {
                    yield return payout;
                }

                (day, due) = (Day(latest), new(StringComparer.Ordinal));
            }

            due[line.Currency] = due.GetValueOrDefault(line.Currency) + line.Net;
            if (latest >= from)
            {
                yield return line with { PayoutId = PayoutIdOf(day, line.Currency) };
            }
        }

        foreach (var payout in Payouts(day, due).Where(payout => payout.At >= from && payout.At < to))
        {
            yield return payout;
        }
    }

    private static SettlementLine? Of(Operation operation)
    {
        var order = operation.Order;
        return operation switch
        {
            { IsEffect: false } => null,
            { DisputedAt: { } opened, DisputeClosedAt: null } => Line(
                operation, opened, "dispute", Dispute.Of(operation).Id, -order.Amount, Dispute.Of(operation).Fee),
            { DisputeClosedAt: { } closed } => TestTokens.IsDisputeWon(order.Source)
                ? Line(operation, closed, "dispute_reversal", Dispute.Of(operation).Id, order.Amount, Dispute.Of(operation).Kept - Dispute.Of(operation).Fee)
                : null,
            { Order.Kind: OperationKind.Transfer } => null,
            { ReversedAt: { } reversed } => Line(operation, reversed, "refund_failure", order.Id, order.Amount, 0),
            _ => order.Kind switch
            {
                OperationKind.Charge => Line(operation, operation.At, "charge", order.Id, order.Amount, ProcessingFee(order.Amount)),
                OperationKind.Capture => Line(operation, operation.At, "capture", order.Id, order.Amount, ProcessingFee(order.Amount)),
                OperationKind.Refund => Line(operation, operation.At, "refund", order.Id, -order.Amount, 0),
                OperationKind.Authorization or OperationKind.Void or OperationKind.Transfer => null,
            },
        };
    }

    private static SettlementLine Line(Operation operation, DateTimeOffset at, string type, string processorReference, long gross, long fee) =>
        new($"{processorReference}/{type}", at, type, operation.Order.Reference, processorReference, operation.Order.Currency, gross, fee, "");

    // At the first instant of the day after, when the file of the day is complete.
    private static IEnumerable<SettlementLine> Payouts(DateOnly day, SortedDictionary<string, long> due) =>
        from owed in due
        where owed.Value != 0
        let id = PayoutIdOf(day, owed.Key)
        select new SettlementLine(id, new(day.AddDays(1), default, TimeSpan.Zero), "payout", null, id, owed.Key, -owed.Value, 0, id);

    private static DateOnly Day(DateTimeOffset at) => DateOnly.FromDateTime(at.UtcDateTime);

    private static string PayoutIdOf(DateOnly day, string currency) => string.Create(CultureInfo.InvariantCulture, $"po_{day.AddDays(1):yyyyMMdd}_{currency}");
}
