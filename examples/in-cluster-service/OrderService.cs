#if ORLEANS
using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Npgsql;
using Orleans;
using Payments.Domain;
using Payments.Grains;

namespace Payments.Examples.InClusterService;

/// <summary>What to do, and where.</summary>
/// <param name="File">One <see cref="Order"/> a line.</param>
public sealed record Job(string File, string Database, string Merchant);

/// <summary>An order. Its number is all that makes its payment, its entry and its refund what they are.</summary>
/// <param name="Refund">What goes back to the customer; null for nothing.</param>
public sealed record Order(string Number, long Amount, string Currency, string PaymentMethod, long? Refund = null);

/// <summary>
/// Charges orders, posts each sale in the merchant's own books, and refunds what came back. It keeps no state: killed at any moment and started again with the
/// same orders, it goes on where it was, because every request carries the key that it carried before.
/// </summary>
public sealed class OrderService(IGrainFactory grains, Job job, IHostApplicationLifetime life) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private byte[] salt = [];
    private Mode mode;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await ReadMerchantAsync(stoppingToken);
            await Parallel.ForEachAsync(
                File.ReadLinesAsync(job.File, stoppingToken), new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = stoppingToken },
                async (line, end) => await SellAsync(JsonSerializer.Deserialize<Order>(line, JsonSerializerOptions.Web)!, end));
            life.StopApplication();
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // We wait no longer. Whatever was accepted goes on without us, and the next run hears of it.
            Console.WriteLine("stopped");
        }
    }

    private async Task SellAsync(Order order, CancellationToken end)
    {
        var paymentId = Ids.Payment(salt, mode, order.Number);
        var payment = grains.GetGrain<IPaymentGrain>(GrainKeys.Payment(job.Merchant, paymentId));
        var charged = await AnswerAsync(
            () => payment.ChargeAsync(new() { Amount = order.Amount, Currency = order.Currency, PaymentMethod = order.PaymentMethod, Reference = order.Number }), end);
        charged = await DecidedAsync(payment, null, charged, end);
        if (charged.Payment?.Status != "succeeded")
        {
            Say(order, charged.Code ?? charged.Payment?.Status);
            return;
        }

        // A key of another kind leads to another id: the order's number does for all three.
        var entry = grains.GetGrain<ILedgerEntryGrain>(GrainKeys.LedgerEntry(job.Merchant, Ids.OwnEntry(salt, mode, order.Number)));
        var till = await OwnAccountAsync($"assets:orders:{order.Currency}", end);
        var sales = await OwnAccountAsync($"liabilities:sales:{order.Currency}", end);
        var posted = await AnswerAsync(() => entry.PostAsync(new() { Postings = [new(till, order.Amount), new(sales, -order.Amount)], Description = order.Number }), end);

        var refunded = "";
        if (order.Refund is { } amount)
        {
            var refundId = Ids.Refund(salt, mode, paymentId, order.Number);
            var reply = await AnswerAsync(() => payment.RefundAsync(new() { RefundId = refundId, Amount = amount, Reason = "came back" }), end);
            reply = await DecidedAsync(payment, refundId, reply, end);
            refunded = $", refund {reply.Operation?.Status ?? reply.Code}";
        }

        Say(order, $"succeeded, entry {posted.Code ?? "posted"}{refunded}");
    }

    // An exception, Busy and Unknown mean the same to us: nothing was taken back, so the same request is right until there is an answer.
    private static async Task<T> AnswerAsync<T>(Func<Task<T>> ask, CancellationToken end)
    {
        while (true)
        {
            end.ThrowIfCancellationRequested();
            try
            {
                var reply = await ask().WaitAsync(end);
                if (reply is not (PaymentReply { Kind: ReplyKind.Busy or ReplyKind.Unknown } or EntryReply { Kind: ReplyKind.Busy or ReplyKind.Unknown }))
                {
                    return reply;
                }
            }
            catch (Exception) when (!end.IsCancellationRequested)
            {
                // A node died, or did not answer in time.
            }

            await Task.Delay(Pause, TimeProvider.System, end);
        }
    }

    /// <summary>The reply once the processor's word is known, however long that takes.</summary>
    private static async Task<PaymentReply> DecidedAsync(IPaymentGrain payment, Guid? operation, PaymentReply reply, CancellationToken end)
    {
        while (reply is { Kind: ReplyKind.Accepted or ReplyKind.Replayed, Operation.Status: "pending" })
        {
            reply = await AnswerAsync(() => payment.WaitAsync(operation, TimeSpan.FromSeconds(1), end), end);
        }

        return reply;
    }

    private async Task<string> OwnAccountAsync(string name, CancellationToken end)
    {
        var account = $"merchant:{job.Merchant}:{name}";
        var grain = grains.GetGrain<ILedgerAccountGrain>(GrainKeys.LedgerAccount(account));
        return await AnswerAsync(() => grain.OpenAsync(minimum: null), end) ? account : throw new InvalidOperationException($"{account} cannot be opened.");
    }

    private async Task ReadMerchantAsync(CancellationToken end)
    {
        await using var database = NpgsqlDataSource.Create(job.Database);
        await using var command = database.CreateCommand("SELECT salt, mode FROM payments.merchants WHERE id = $1");
        command.Parameters.Add(new() { Value = job.Merchant });
        await using var row = await command.ExecuteReaderAsync(end);
        (salt, mode) = await row.ReadAsync(end)
            ? (row.GetFieldValue<byte[]>(0), StatusNames.Parse<Mode>(row.GetString(1), ModeNames.Name))
            : throw new InvalidOperationException($"There is no merchant {job.Merchant}.");
    }

    private static void Say(Order order, string? result) => Console.WriteLine($"{order.Number}: {result}");
}
#endif
