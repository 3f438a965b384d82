using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace Payments.Simulation;

/// <summary>Listens to what nodes log: a failure that no caller hears of must still be one of those that are expected.</summary>
internal class AttentiveLogger(World world) : ILogger, ILoggerFactory
{
    private const int Contradiction = 2000;

    /// <summary>Whether grains may throw that: the database or a node was away, or something took too long.</summary>
    public static bool IsExpected(Exception exception) => exception is DatabaseAwayException or TimeoutException or OrleansException;

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("There is one logger.");

    public void Dispose() => GC.SuppressFinalize(this);

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        world.Trace?.Add($"log: {formatter(state, exception)}");
        if (eventId.Id == Contradiction)
        {
            world.Break("I3", formatter(state, exception));
        }
        else if (exception is not null && !IsExpected(exception))
        {
            world.Break("I9", $"{formatter(state, exception)} {exception}");
        }
    }
}

/// <inheritdoc/>
internal sealed class AttentiveLogger<T>(World world) : AttentiveLogger(world), ILogger<T>;
