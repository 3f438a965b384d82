using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Payments.Domain;
using Payments.Storage.Postgres;

namespace Payments.Tests.Audits;

/// <summary>I1: the books are held against what the processor says it did.</summary>
public sealed class EffectsAuditTests(BookOfEveryFate fate) : IClassFixture<BookOfEveryFate>
{
    [Fact]
    public async Task The_processors_effects_agree()
    {
        var report = await AuditAsync(effects => effects);

        Assert.Empty(report.Breaches);
        Assert.All(report.Effects, line => Assert.True(line.Agrees));
        Assert.Equal(fate.Book.Effects.Count, report.Effects.Sum(line => line.TheirCount));
    }

    [Theory]
    [InlineData("lost", "but the processor never did it")]
    [InlineData("doubled", "again with effect")]
    [InlineData("unasked", "which we never meant to ask for")]
    [InlineData("foreign", "none that we could have asked for")]
    [InlineData("declined", "is declined, but the processor did it")]
    [InlineData("other amount", "but the processor made a charge")]
    [InlineData("other currency", "but the processor made a charge")]
    [InlineData("other kind", "but the processor made a refund")]
    public async Task A_disagreement_is_seen(string what, string sentence)
    {
        var report = await AuditAsync(effects =>
        {
            var first = effects[0];
            var next = effects.Count + 1L;
            return what switch
            {
                "lost" => effects[1..],
                "doubled" => [.. effects, first with { Id = next }],
                "unasked" => [.. effects, first with { Id = next, Reference = Ids.ProcessorReference(new Guid(9, 9, 9, new byte[8])) }],
                "foreign" => [.. effects, first with { Id = next, Reference = "order 7" }],
                "declined" => [.. effects, first with { Id = next, Reference = Ids.ProcessorReference(Ids.Charge(SampleBook.PaymentId(1))) }],
                "other amount" => [first with { Amount = first.Amount + 1 }, .. effects[1..]],
                "other currency" => [first with { Currency = "USD" }, .. effects[1..]],
                "other kind" => [first with { Kind = "refund" }, .. effects[1..]],
                _ => throw new ArgumentOutOfRangeException(nameof(what)),
            };
        });

        Assert.Contains(report.Breaches, breach => breach.Invariant == "I1" && breach.Sentence.Contains(sentence, StringComparison.Ordinal));
        Assert.All(report.Breaches, breach => Assert.Equal("I1", breach.Invariant));
    }

    private async Task<AuditReport> AuditAsync(Func<List<Effect>, List<Effect>> tamper)
    {
        var effects = tamper([.. fate.Book.Effects.Select(effect => new Effect(effect.Id, effect.Kind, effect.Reference, effect.Reference, effect.Amount, effect.Currency))]);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var processor = builder.Build();
        processor.MapGet("/admin/effects", async (long after, HttpResponse response) =>
        {
            foreach (var effect in effects.Where(effect => effect.Id > after).Take(100))
            {
                await response.WriteAsync($$"""
                    {"n":{{effect.Id}},"id":"op{{effect.Id}}","kind":"{{effect.Kind}}","reference":"{{effect.Reference}}","idempotency_key":"{{effect.Key}}","amount":{{effect.Amount}},"currency":"{{effect.Currency}}","at":"2026-01-01T00:00:00Z"}

                    """.ReplaceLineEndings("\n"));
            }
        });
        await processor.StartAsync();
        await using var source = fate.Database.Open();
        return await Audit.RunAsync(new() { Database = source, Simulator = new(processor.Urls.First()), StateDirectory = fate.StateDirectory });
    }

    private sealed record Effect(long Id, string Kind, string Reference, string Key, long Amount, string Currency);
}
