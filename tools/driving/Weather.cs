using System.Text.Json;

namespace Payments.Tools.Driving;

/// <summary>What the processor put requests through, by its own count.</summary>
internal sealed record Storm(long LostAnswers, long Unavailable, long Replays);

/// <summary>Reads the processor's count of troubles before and after a run. It is decoration: without it the run is as good.</summary>
internal sealed class Weather(Uri simulator) : IDisposable
{
    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(10) };
    private Storm? before;

    public async Task BeginAsync(CancellationToken cancellationToken) => before = await ReadAsync(cancellationToken);

    /// <summary>What happened since; null when the processor does not tell, or was started again meanwhile.</summary>
    public async Task<Storm?> EndAsync(CancellationToken cancellationToken) =>
        before is { } then && await ReadAsync(cancellationToken) is { } now && now.Replays >= then.Replays && now.LostAnswers >= then.LostAnswers
            ? new(now.LostAnswers - then.LostAnswers, now.Unavailable - then.Unavailable, now.Replays - then.Replays)
            : null;

    public void Dispose() => http.Dispose();

    private async Task<Storm?> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var json = JsonDocument.Parse(await http.GetStringAsync(new Uri(simulator, "/admin/effects/summary"), cancellationToken));
            long Count(string name) => json.RootElement.TryGetProperty(name, out var value) ? value.GetInt64() : 0;
            return new(Count("lost_answers"), Count("unavailable"), Count("replays"));
        }
        catch (Exception failure) when (failure is HttpRequestException or JsonException)
        {
            return null;
        }
    }
}
