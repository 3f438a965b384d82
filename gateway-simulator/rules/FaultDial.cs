using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Payments.GatewaySimulator.Rules;

/// <summary>Faults by chance, the same ones for the same seed: a function of (seed, key, attempt), not of arrival order.</summary>
/// <remarks>Each fault is drawn on its own, with a probability from 0 to 1.</remarks>
/// <param name="SlowMs">How long the work takes when it is slow, and the answer when that is.</param>
/// <param name="Webhooks"><c>late</c>: of what its answer could not tell. <c>all</c>: of everything.</param>
/// <param name="WebhookDoubled">Sent twice.</param>
/// <param name="WebhookLost">Never sent.</param>
/// <param name="WebhookDelayMs">Each waits a random part of that, so that they overtake each other.</param>
internal sealed record FaultDial(
    long Seed = 0, double LostBefore = 0, double LostAfter = 0, double Unavailable = 0, double Slow = 0, double SlowAnswer = 0, int SlowMs = 0,
    string Webhooks = "late", double WebhookDoubled = 0, double WebhookLost = 0, int WebhookDelayMs = 0)
{
    public static FaultDial Off { get; } = new();

    /// <param name="idempotencyKey">The request's key.</param>
    /// <param name="attempt">1 for the first request with this key since the simulator started.</param>
    public FaultPlan Plan(string idempotencyKey, int attempt)
    {
        if (LostBefore + LostAfter + Unavailable + Slow + SlowAnswer == 0)
        {
            return default;
        }

        Span<byte> draws = stackalloc byte[SHA256.HashSizeInBytes];
        Draw($"{attempt}\n{idempotencyKey}", draws);
        return new FaultPlan
        {
            Unavailable = Fraction(draws) < Unavailable,
            LostBefore = Fraction(draws[8..]) < LostBefore,
            LostAfter = Fraction(draws[16..]) < LostAfter,
            Slow = Fraction(draws[24..]) < Slow ? TimeSpan.FromMilliseconds(SlowMs) : TimeSpan.Zero,
            // 32 bits of what is drawn already: nearly independent, and the others stay what they were.
            SlowAnswer = Fraction(draws[20..]) < SlowAnswer ? TimeSpan.FromMilliseconds(SlowMs) : TimeSpan.Zero,
        };
    }

    /// <summary>When an event is sent: once, twice, or never.</summary>
    public IReadOnlyList<TimeSpan> PlanWebhook(string eventId)
    {
        Span<byte> draws = stackalloc byte[SHA256.HashSizeInBytes];
        Draw(eventId, draws);
        var (first, second) = (Fraction(draws[16..]) * WebhookDelayMs, Fraction(draws[24..]) * WebhookDelayMs);
        return Fraction(draws) < WebhookLost ? []
            : Fraction(draws[8..]) < WebhookDoubled ? [TimeSpan.FromMilliseconds(first), TimeSpan.FromMilliseconds(second)]
            : [TimeSpan.FromMilliseconds(first)];
    }

    private void Draw(string what, Span<byte> draws) => SHA256.HashData(Encoding.UTF8.GetBytes($"{Seed}\n{what}"), draws);

    // 53 bits are what a double holds exactly: from 0 inclusive to 1 exclusive.
    private static double Fraction(ReadOnlySpan<byte> draw) => (BinaryPrimitives.ReadUInt64BigEndian(draw) >> 11) * (1.0 / (1UL << 53));
}
