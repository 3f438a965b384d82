using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Payments.GatewaySimulator.Rules;

/// <summary>Faults by chance, the same ones for the same seed: a function of (seed, key, attempt), not of arrival order.</summary>
/// <remarks>Each fault is drawn on its own, with a probability from 0 to 1.</remarks>
internal sealed record FaultDial(long Seed, double LostBefore, double LostAfter, double Unavailable, double Slow, int SlowMs)
{
    public static FaultDial Off { get; } = new(0, 0, 0, 0, 0, 0);

    /// <param name="idempotencyKey">The request's key.</param>
    /// <param name="attempt">1 for the first request with this key since the simulator started.</param>
    public FaultPlan Plan(string idempotencyKey, int attempt)
    {
        if (LostBefore + LostAfter + Unavailable + Slow == 0)
        {
            return default;
        }

        Span<byte> draws = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{Seed}\n{attempt}\n{idempotencyKey}"), draws);
        return new FaultPlan
        {
            Unavailable = Fraction(draws) < Unavailable,
            LostBefore = Fraction(draws[8..]) < LostBefore,
            LostAfter = Fraction(draws[16..]) < LostAfter,
            Slow = Fraction(draws[24..]) < Slow ? TimeSpan.FromMilliseconds(SlowMs) : TimeSpan.Zero,
        };
    }

    // 53 bits are what a double holds exactly: from 0 inclusive to 1 exclusive.
    private static double Fraction(ReadOnlySpan<byte> draw) => (BinaryPrimitives.ReadUInt64BigEndian(draw) >> 11) * (1.0 / (1UL << 53));
}
