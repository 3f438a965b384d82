using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Serialization.Metadata;

namespace Payments.Client;

/// <summary>
/// The payments API for .NET. Every request that makes something takes an idempotency key: new for what is newly meant, the same for every
/// retry, also after a crash of the caller. Refusals are <see cref="PaymentsException"/>s; a decline is a result.
/// </summary>
public sealed class PaymentsClient(PaymentsClientOptions options) : IDisposable
{
    private readonly Sender sender = new(options);

    /// <summary>Charges, or authorizes when <see cref="NewPayment.Capture"/> is <c>manual</c>.</summary>
    /// <param name="wait">How long to wait for the outcome, in whole seconds up to 30; null: 10 seconds.</param>
    public Task<Payment> CreatePaymentAsync(
        string idempotencyKey, NewPayment payment, TimeSpan? wait = null, CancellationToken cancellationToken = default) =>
        PostAsync("v1/payments", idempotencyKey, payment, ClientJson.Default.NewPayment, ClientJson.Default.Payment, wait, cancellationToken);

    /// <param name="wait">How long to wait until it is no longer processing, in whole seconds up to 30; null: not at all.</param>
    public Task<Payment> GetPaymentAsync(string id, TimeSpan? wait = null, CancellationToken cancellationToken = default) =>
        GetAsync(new Query($"v1/payments/{Escape(id)}").Add("wait", Seconds(wait)), ClientJson.Default.Payment, cancellationToken);

    /// <summary>Payments that fit, newest first; asks for further pages as they are needed.</summary>
    public IAsyncEnumerable<Payment> ListPaymentsAsync(PaymentFilter? filter = null, CancellationToken cancellationToken = default) => ListAsync(
        () => new Query("v1/payments").Add("status", filter?.Status).Add("created_from", filter?.CreatedFrom).Add("created_to", filter?.CreatedTo)
            .Add("reference", filter?.Reference).Add("amount", filter?.Amount?.ToString(CultureInfo.InvariantCulture)).Add("customer", filter?.Customer).Add("limit", "100"),
        ClientJson.Default.PagePayment, cancellationToken);

    /// <summary>What happened to a payment, in order.</summary>
    public IAsyncEnumerable<TimelineItem> ListTimelineAsync(string paymentId, CancellationToken cancellationToken = default) =>
        ListAsync(() => new Query($"v1/payments/{Escape(paymentId)}/timeline"), ClientJson.Default.PageTimelineItem, cancellationToken);

    /// <summary>Takes a part or all of what is authorized.</summary>
    public Task<Operation> CaptureAsync(
        string idempotencyKey, string paymentId, NewCapture? capture = null, TimeSpan? wait = null, CancellationToken cancellationToken = default) =>
        PostAsync(
            $"v1/payments/{Escape(paymentId)}/captures", idempotencyKey, capture ?? new(), ClientJson.Default.NewCapture, ClientJson.Default.Operation, wait, cancellationToken);

    /// <summary>Lets go of what is authorized and not captured.</summary>
    public Task<Operation> CancelAsync(
        string idempotencyKey, string paymentId, NewCancellation? cancellation = null, TimeSpan? wait = null, CancellationToken cancellationToken = default) =>
        PostAsync(
            $"v1/payments/{Escape(paymentId)}/cancel", idempotencyKey, cancellation ?? new(), ClientJson.Default.NewCancellation, ClientJson.Default.Operation, wait,
            cancellationToken);

    /// <summary>Gives a part or all of what was captured back.</summary>
    public Task<Operation> RefundAsync(
        string idempotencyKey, string paymentId, NewRefund? refund = null, TimeSpan? wait = null, CancellationToken cancellationToken = default) =>
        PostAsync(
            $"v1/payments/{Escape(paymentId)}/refunds", idempotencyKey, refund ?? new(), ClientJson.Default.NewRefund, ClientJson.Default.Operation, wait, cancellationToken);

    public Task<Operation> GetRefundAsync(string paymentId, string refundId, CancellationToken cancellationToken = default) =>
        GetAsync(new Query($"v1/payments/{Escape(paymentId)}/refunds/{Escape(refundId)}"), ClientJson.Default.Operation, cancellationToken);

    /// <summary>The refunds of a payment, newest first.</summary>
    public IAsyncEnumerable<Operation> ListRefundsAsync(string paymentId, CancellationToken cancellationToken = default) =>
        ListAsync(() => new Query($"v1/payments/{Escape(paymentId)}/refunds"), ClientJson.Default.PageOperation, cancellationToken);

    /// <summary>The captures of a payment, newest first.</summary>
    public IAsyncEnumerable<Operation> ListCapturesAsync(string paymentId, CancellationToken cancellationToken = default) =>
        ListAsync(() => new Query($"v1/payments/{Escape(paymentId)}/captures"), ClientJson.Default.PageOperation, cancellationToken);

    /// <summary>The disputes of a payment, newest first.</summary>
    public IAsyncEnumerable<Dispute> ListDisputesAsync(string paymentId, CancellationToken cancellationToken = default) =>
        ListAsync(() => new Query($"v1/payments/{Escape(paymentId)}/disputes"), ClientJson.Default.PageDispute, cancellationToken);

    /// <summary>What the merchant has, now or as it was.</summary>
    public Task<Balance> GetBalanceAsync(DateTimeOffset? at = null, CancellationToken cancellationToken = default) =>
        GetAsync(new Query("v1/balance").Add("at", at), ClientJson.Default.Balance, cancellationToken);

    /// <summary>The merchant's accounts by id, now or as they were.</summary>
    public IAsyncEnumerable<LedgerAccount> ListAccountsAsync(DateTimeOffset? at = null, CancellationToken cancellationToken = default) =>
        ListAsync(() => new Query("v1/ledger/accounts").Add("at", at).Add("limit", "100"), ClientJson.Default.PageLedgerAccount, cancellationToken);

    public Task<LedgerAccount> GetAccountAsync(string id, DateTimeOffset? at = null, CancellationToken cancellationToken = default) =>
        GetAsync(new Query($"v1/ledger/accounts/{Escape(id)}").Add("at", at), ClientJson.Default.LedgerAccount, cancellationToken);

    /// <summary>Opens an account of the merchant's own, or changes its minimum.</summary>
    /// <param name="minimum">What a requested decrease must leave, in minor units; null: no limit.</param>
    public Task<LedgerAccount> PutAccountAsync(string id, long? minimum = null, CancellationToken cancellationToken = default) => sender.SendAsync(
        () => new(HttpMethod.Put, $"v1/ledger/accounts/{Escape(id)}") { Content = JsonContent.Create(new(minimum), ClientJson.Default.NewLimit) },
        ClientJson.Default.LedgerAccount, cancellationToken);

    /// <summary>An account's postings with the running balance, newest first.</summary>
    /// <param name="from">Included.</param>
    /// <param name="to">Not included.</param>
    public IAsyncEnumerable<StatementLine> ListStatementAsync(
        string accountId, DateTimeOffset? from = null, DateTimeOffset? to = null, CancellationToken cancellationToken = default) =>
        ListAsync(
            () => new Query($"v1/ledger/accounts/{Escape(accountId)}/entries").Add("from", from).Add("to", to).Add("limit", "100"),
            ClientJson.Default.PageStatementLine, cancellationToken);

    /// <summary>Pays an amount of the balance out; what the bank makes of it shows the payout's status later.</summary>
    public Task<Payout> CreatePayoutAsync(string idempotencyKey, NewPayout payout, CancellationToken cancellationToken = default) =>
        PostAsync("v1/payouts", idempotencyKey, payout, ClientJson.Default.NewPayout, ClientJson.Default.Payout, TimeSpan.Zero, cancellationToken);

    public Task<Payout> GetPayoutAsync(string id, CancellationToken cancellationToken = default) =>
        GetAsync(new Query($"v1/payouts/{Escape(id)}"), ClientJson.Default.Payout, cancellationToken);

    /// <summary>The payouts, newest first.</summary>
    public IAsyncEnumerable<Payout> ListPayoutsAsync(CancellationToken cancellationToken = default) =>
        ListAsync(() => new Query("v1/payouts").Add("limit", "100"), ClientJson.Default.PagePayout, cancellationToken);

    /// <summary>What could be paid out now.</summary>
    public Task<PayableBalance> GetPayableBalanceAsync(CancellationToken cancellationToken = default) =>
        GetAsync(new Query("v1/balance/payable"), ClientJson.Default.PayableBalance, cancellationToken);

    /// <summary>Asks for a report, which is written by and by: look at it until it is open no more.</summary>
    public Task<Report> CreateReportAsync(string idempotencyKey, NewReport report, CancellationToken cancellationToken = default) =>
        PostAsync("v1/reports", idempotencyKey, report, ClientJson.Default.NewReport, ClientJson.Default.Report, TimeSpan.Zero, cancellationToken);

    public Task<Report> GetReportAsync(string id, CancellationToken cancellationToken = default) =>
        GetAsync(new Query($"v1/reports/{Escape(id)}"), ClientJson.Default.Report, cancellationToken);

    /// <summary>The merchant's reports, newest first.</summary>
    public IAsyncEnumerable<Report> ListReportsAsync(CancellationToken cancellationToken = default) =>
        ListAsync(() => new Query("v1/reports").Add("limit", "100"), ClientJson.Default.PageReport, cancellationToken);

    /// <summary>Cancels a report that is open, or deletes its file.</summary>
    public Task<Report> EndReportAsync(string id, CancellationToken cancellationToken = default) =>
        sender.SendAsync(() => new(HttpMethod.Delete, $"v1/reports/{Escape(id)}"), ClientJson.Default.Report, cancellationToken);

    /// <summary>Copies a report's file, as it comes.</summary>
    /// <exception cref="PaymentsException">There is none (yet); nothing was copied.</exception>
    /// <exception cref="IOException">It was cut off: what was copied is a part of it.</exception>
    public Task DownloadReportAsync(string id, Stream destination, CancellationToken cancellationToken = default) =>
        sender.CopyAsync(new Query($"v1/reports/{Escape(id)}/file").ToString(), destination, cancellationToken);

    /// <summary>Posts an entry between the merchant's own accounts.</summary>
    public Task<LedgerEntry> PostEntryAsync(string idempotencyKey, NewEntry entry, CancellationToken cancellationToken = default) =>
        PostAsync("v1/ledger/entries", idempotencyKey, entry, ClientJson.Default.NewEntry, ClientJson.Default.LedgerEntry, null, cancellationToken);

    public Task<LedgerEntry> GetEntryAsync(string id, CancellationToken cancellationToken = default) =>
        GetAsync(new Query($"v1/ledger/entries/{Escape(id)}"), ClientJson.Default.LedgerEntry, cancellationToken);

    /// <summary>Takes an own entry back by another one.</summary>
    public Task<LedgerEntry> ReverseEntryAsync(
        string idempotencyKey, string entryId, NewReversal? reversal = null, CancellationToken cancellationToken = default) =>
        PostAsync(
            $"v1/ledger/entries/{Escape(entryId)}/reversal", idempotencyKey, reversal ?? new(), ClientJson.Default.NewReversal, ClientJson.Default.LedgerEntry, null,
            cancellationToken);

    public void Dispose() => sender.Dispose();

    private Task<T> PostAsync<TBody, T>(
        string path, string idempotencyKey, TBody body, JsonTypeInfo<TBody> bodyJson, JsonTypeInfo<T> json, TimeSpan? wait, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(idempotencyKey);
        return sender.SendAsync(Request, json, cancellationToken);

        // Every try is a message of its own and says the very same.
        HttpRequestMessage Request()
        {
            var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body, bodyJson, new MediaTypeHeaderValue("application/json")) };
            request.Headers.Add("Idempotency-Key", idempotencyKey);
            if (Seconds(wait) is { } seconds)
            {
                request.Headers.Add("Prefer", $"wait={seconds}");
            }

            return request;
        }
    }

    private Task<T> GetAsync<T>(Query query, JsonTypeInfo<T> json, CancellationToken cancellationToken) =>
        sender.SendAsync(() => new(HttpMethod.Get, query.ToString()), json, cancellationToken);

    private async IAsyncEnumerable<T> ListAsync<T>(Func<Query> query, JsonTypeInfo<Page<T>> json, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? cursor = null;
        do
        {
            var page = await GetAsync(query().Add("cursor", cursor), json, cancellationToken);
            foreach (var item in page.Data)
            {
                yield return item;
            }

            cursor = page.NextCursor;
        }
        while (cursor is not null);
    }

    private static string? Seconds(TimeSpan? wait) => wait is { } time ? ((int)time.TotalSeconds).ToString(CultureInfo.InvariantCulture) : null;

    private static string Escape(string segment)
    {
        ArgumentException.ThrowIfNullOrEmpty(segment);
        return Uri.EscapeDataString(segment);
    }

    /// <summary>A path and the parameters that have a value.</summary>
    private sealed class Query(string path)
    {
        private readonly StringBuilder text = new(path);
        private char separator = '?';

        public Query Add(string name, string? value)
        {
            if (value is not null)
            {
                text.Append(separator).Append(name).Append('=').Append(Uri.EscapeDataString(value));
                separator = '&';
            }

            return this;
        }

        public Query Add(string name, DateTimeOffset? at) =>
            Add(name, at?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));

        public override string ToString() => text.ToString();
    }
}
