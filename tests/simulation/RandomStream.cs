using System.Numerics;

namespace Payments.Simulation;

/// <summary>
/// A stream of numbers that a seed and a name decide (splitmix64). Every concern of a run has a stream of its own, so that leaving one
/// fault out changes as little as possible of the rest: that is what makes a failing run shrink.
/// </summary>
internal sealed class RandomStream(ulong state)
{
    private ulong state = state;

    /// <summary>Another stream that belongs to this one's seed.</summary>
    public static RandomStream Of(long seed, string concern)
    {
        var hash = 14695981039346656037UL;
        foreach (var letter in concern)
        {
            hash = unchecked((hash ^ letter) * 1099511628211UL);
        }

        return new(Mix(unchecked((ulong)seed * 0x9E3779B97F4A7C15UL) ^ hash));
    }

    /// <summary>0 (included) to <paramref name="bound"/> (excluded).</summary>
    public int Below(int bound) => (int)Math.BigMul(Next(), (ulong)bound, out _);

    /// <summary>From least to most, both included.</summary>
    public long Between(long least, long most) => least + (long)(Next() % (ulong)(most - least + 1));

    /// <summary>From least to most.</summary>
    public TimeSpan Between(TimeSpan least, TimeSpan most) => new(Between(least.Ticks, most.Ticks));

    /// <summary>From least to most, in seconds.</summary>
    public TimeSpan Seconds(double least, double most) => Between(TimeSpan.FromSeconds(least), TimeSpan.FromSeconds(most));

    /// <summary>True with that probability. Draws a number whatever the probability is, so that streams stay aligned.</summary>
    public bool Chance(double probability) => NextDouble() < probability;

    /// <summary>0 (included) to 1 (excluded).</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    public T Pick<T>(ReadOnlySpan<T> choices) => choices[Below(choices.Length)];

    private ulong Next() => Mix(state = unchecked(state + 0x9E3779B97F4A7C15UL));

    private static ulong Mix(ulong z)
    {
        unchecked
        {
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
            return BitOperations.RotateLeft(z ^ (z >> 31), 17);
        }
    }
}
