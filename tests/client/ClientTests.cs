using Payments.Client;
using Payments.Tests.Faults;
using Payments.Tests.Support;

namespace Payments.Tests.Clients;

/// <summary>The .NET client against the real system.</summary>
public sealed class ClientTests(OneNode node) : IClassFixture<OneNode>, IDisposable
{
    private readonly PaymentsClient client = new(new() { BaseAddress = node.System.Addresses[0], SecretKey = node.System.SecretKey });

    public void Dispose() => client.Dispose();

    [Fact]
    public async Task It_charges_holds_captures_cancels_and_refunds()
    {
        var paid = await client.CreatePaymentAsync("c-1", new(1999, "EUR", "tok_approve", Reference: "order-1", Metadata: new Dictionary<string, string> { ["cart"] = "c-77" }));
        Assert.Equal(("succeeded", 1999, "order-1", "c-77", false), (paid.Status, paid.Captured, paid.Reference, paid.Metadata["cart"], paid.IsProcessing));
        Assert.Equal(paid.Id, (await client.CreatePaymentAsync("c-1", new(1999, "EUR", "tok_approve", Reference: "order-1", Metadata: new Dictionary<string, string> { ["cart"] = "c-77" }))).Id);

        var held = await client.CreatePaymentAsync("c-2", new(5000, "EUR", "tok_approve", Capture: "manual"));
        Assert.Equal(("succeeded", 2000, false), Shown(await client.CaptureAsync("p-1", held.Id, new(2000, Final: false))));
        Assert.Equal("succeeded", (await client.CancelAsync("x-1", held.Id, new("sold out"))).Status);
        var refund = await client.RefundAsync("r-1", held.Id, new(500, "one shoe"));
        Assert.Equal("one shoe", (await client.GetRefundAsync(held.Id, refund.Id)).Reason);
        Assert.Equal([refund.Id], await client.ListRefundsAsync(held.Id).Select(one => one.Id).ToListAsync());
        Assert.Single(await client.ListCapturesAsync(held.Id).ToListAsync());
        Assert.Equal((2000, 500), ((await client.GetPaymentAsync(held.Id)).Captured, (await client.GetPaymentAsync(held.Id)).Refunded));
        Assert.Equal("authorization_claimed", (await client.ListTimelineAsync(held.Id).FirstAsync()).Name);

        static (string, long, bool?) Shown(Operation capture) => (capture.Status, capture.Amount, capture.Final);
    }

    [Fact]
    public async Task It_waits_as_it_is_told()
    {
        var slow = await client.CreatePaymentAsync("slow", new(700, "EUR", "tok_slow"), wait: TimeSpan.Zero);
        Assert.True(slow.IsProcessing);
        Assert.Equal("succeeded", (await client.GetPaymentAsync(slow.Id, TimeSpan.FromSeconds(20))).Status);
    }

    [Fact]
    public async Task It_sends_customers_to_their_banks_and_shows_their_disputes()
    {
        var asked = await client.CreatePaymentAsync("asked", new(700, "EUR", "tok_requires_action", ReturnUrl: "https://shop.example/done"));
        Assert.Equal(("requires_action", "https://shop.example/done", true), (asked.Status, asked.ReturnUrl, asked.IsProcessing));
        Assert.StartsWith("http", asked.ActionUrl, StringComparison.Ordinal);

        var paid = await client.CreatePaymentAsync("disputed", new(2000, "EUR", "tok_disputed_lost"));
        await Eventually.BecomesAsync("lost", async () => (await client.ListDisputesAsync(paid.Id).FirstOrDefaultAsync())?.Status ?? "none");
        Assert.Equal((2000, 0), ((await client.GetPaymentAsync(paid.Id)).Disputed, (await client.GetPaymentAsync(paid.Id)).Refundable));
    }

    [Fact]
    public async Task A_list_goes_on_page_after_page()
    {
        const int count = 205;
        await Parallel.ForEachAsync(
            Enumerable.Range(0, count), async (i, stop) => await client.CreatePaymentAsync($"page-{i}", new(100 + i, "JPY", "tok_approve", Customer: "pages"), null, stop));
        var all = await client.ListPaymentsAsync(new(Customer: "pages")).ToListAsync();
        Assert.Equal(count, all.Select(payment => payment.Id).Distinct().Count());
        Assert.Equal(all.OrderByDescending(payment => payment.CreatedAt).Select(payment => payment.CreatedAt), all.Select(payment => payment.CreatedAt));
        Assert.Equal(3, await client.ListPaymentsAsync(new(Customer: "pages")).Take(3).CountAsync());
        Assert.Single(await client.ListPaymentsAsync(new(Customer: "pages", Amount: 101, Status: "succeeded", CreatedFrom: DateTimeOffset.UnixEpoch)).ToListAsync());
    }

    [Fact]
    public async Task It_reads_the_books_and_keeps_its_own()
    {
        await client.CreatePaymentAsync("books", new(1000, "USD", "tok_approve"));
        Assert.Equal(941, (await client.GetBalanceAsync()).Balances.Single(balance => balance.Currency == "USD").Available);
        Assert.DoesNotContain((await client.GetBalanceAsync(DateTimeOffset.UnixEpoch)).Balances, balance => balance.Available != 0);
        var account = $"merchant:{RunningSystem.MerchantId}:balance:USD";
        Assert.Equal(941, (await client.ListStatementAsync(account).FirstAsync()).Balance);
        Assert.Contains(await client.ListAccountsAsync().ToListAsync(), one => one.Id == account);

        var (till, bank) = ($"merchant:{RunningSystem.MerchantId}:assets:till:USD", $"merchant:{RunningSystem.MerchantId}:assets:bank:USD");
        Assert.Equal(0, (await client.PutAccountAsync(till, minimum: 0)).Minimum);
        await client.PutAccountAsync(bank);
        var entry = await client.PostEntryAsync("float", new([new(till, 500), new(bank, -500)], "Float"));
        Assert.Equal(("own", "Float", 500), (entry.Kind, entry.Description, (await client.GetAccountAsync(till)).Balance));
        var short_ = await Assert.ThrowsAsync<PaymentsException>(() => client.PostEntryAsync("out", new([new(till, -501), new(bank, 501)])));
        Assert.Equal(("balance_insufficient", 422, "not_sent", false), (short_.Code, short_.Status, short_.Outcome, short_.SafeToRetry));
        var reversal = await client.ReverseEntryAsync("back", entry.Id);
        Assert.Equal((entry.Id, reversal.Id), (reversal.Reverses, (await client.GetEntryAsync(entry.Id)).ReversedBy));
    }

    [Fact]
    public async Task Refusals_are_exceptions_that_say_what_is_known()
    {
        var wrong = await Assert.ThrowsAsync<PaymentsException>(() => client.CreatePaymentAsync("wrong", new(0, "EUR", "tok_approve")));
        Assert.Equal((400, "field_invalid", "amount", "not_sent"), (wrong.Status, wrong.Code, wrong.Field, wrong.Outcome));
        Assert.Equal(404, (await Assert.ThrowsAsync<PaymentsException>(() => client.GetPaymentAsync("pay_00000000000000000000000000"))).Status);
        Assert.Equal("declined", (await client.CreatePaymentAsync("no", new(100, "EUR", "tok_decline_insufficient_funds"))).Status);
    }
}
