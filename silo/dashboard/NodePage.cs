#if EMBEDDED
using System.Globalization;
using System.Net;
using Payments.ClientApi.Dashboard;

namespace Payments.Silo.Dashboard;

/// <summary>The stats as a page that renews itself.</summary>
internal static class NodePage
{
    private const string Script =
        """
        setInterval(async () => {
          if (document.hidden) return;
          let isHere = false;
          try {
            const answer = await fetch(location.href, { headers: { accept: 'text/html' } });
            if (answer.status === 401) return location.reload();
            if (isHere = answer.ok) {
              const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
              document.querySelector('main').replaceWith(page.querySelector('main'));
            }
          } catch { }
          document.body.classList.toggle('away', !isHere);
        }, 2000);
        """;

    private static readonly TimeSpan Late = TimeSpan.FromMinutes(1);

    public static DashboardHtml Of(NodeStats stats) => new(
        "Payments dashboard",
        $"""
        <header>
        <h1>{WebUtility.HtmlEncode(stats.Node)}</h1>
        <span class="dim">grains on the {stats.Engine} engine · <a href="{NodeDashboard.StatsPath}">the same as JSON</a></span>
        <form method="post" action="{DashboardRoutes.Path}/sign-out"><button>Sign out</button></form>
        </header>
        <main>
        <div class="cards">
        <div class="card wide"><span class="dim">Turns per second</span><b id="rate">{Rate(stats.TurnsPerSecond)}</b>{Graph(stats.History)}</div>
        <div class="card"><span class="dim">Activations</span><b>{Whole(stats.Activations)}</b></div>
        <div class="card"><span class="dim">Open requests</span><b>{Whole(stats.OpenRequests)}</b></div>
        <div class="card"><span class="dim">Longest queue</span><b>{Whole(stats.LongestQueue)}</b></div>
        <div class="card"><span class="dim">Reminders</span><b>{Whole(stats.Grains.Sum(grain => grain.Reminders))}</b></div>
        </div>
        <h2>Grains</h2>
        <div class="scroll"><table>
        <tr><th>Type</th><th>Activations</th><th>Turns/s</th><th>Turns</th><th>Average turn</th><th>Longest turn</th><th>Waiting</th><th>Longest queue</th><th>Timers</th><th>Reminders</th><th>Due</th></tr>
        {string.Concat(stats.Grains.Select(grain => Row(grain, stats)))}
        </table></div>
        <p class="dim">Up for {Up(stats.UpSeconds)}; as of {stats.At.UtcDateTime:HH:mm:ss} UTC. Rates are those of the last ten seconds. Reminders are those of all nodes, everything else is this node's.</p>
        </main>
        """,
        Script);

    private static string Row(GrainStats grain, NodeStats stats)
    {
        var most = Math.Max(1, stats.Grains.Max(one => one.Activations));
        var bar = string.Create(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\"><rect width=\"{100.0 * grain.Activations / most:0.#}\" height=\"10\" rx=\"2\"/></svg>");
        var isLate = grain.NextReminderAt < stats.At - Late;
        return $"""
            <tr{(grain.Activations == 0 ? " class=\"idle\"" : "")}><td>{WebUtility.HtmlEncode(grain.Name)}</td><td>{bar}<span>{Whole(grain.Activations)}</span></td><td>{Rate(grain.TurnsPerSecond)}</td><td>{Whole(grain.Turns)}</td><td>{Milliseconds(grain.AverageTurnMs)}</td><td>{Milliseconds(grain.Turns == 0 ? null : grain.LongestTurnMs)}</td><td>{Whole(grain.Waiting)}</td><td>{Whole(grain.LongestQueue)}</td><td>{Whole(grain.Timers)}</td><td>{Whole(grain.Reminders)}</td><td{(isLate ? " class=\"late\"" : "")}>{Whole(grain.RemindersDue)}</td></tr>

            """;
    }

    // By time from left to right, as far as anything is known.
    private static string Graph(IReadOnlyList<Moment> history)
    {
        if (history.Count < 2)
        {
            return "";
        }

        var (first, last, most) = (history[0].At, history[^1].At, Math.Max(1, history.Max(moment => moment.TurnsPerSecond)));
        var points = history.Select(moment => string.Create(
            CultureInfo.InvariantCulture, $"{300 * (moment.At - first) / (last - first):0.#},{38 - (36 * moment.TurnsPerSecond / most):0.#}"));
        return $"<svg viewBox=\"0 0 300 40\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"turns per second, lately\"><polyline points=\"{string.Join(' ', points)}\"/></svg>";
    }

    private static string Whole(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Rate(double rate) => rate.ToString(rate < 10 ? "0.0" : "N0", CultureInfo.InvariantCulture);

    private static string Milliseconds(double? time) => time is { } known ? string.Create(CultureInfo.InvariantCulture, $"{known:0.00} ms") : "–";

    private static string Up(double seconds) => TimeSpan.FromSeconds(seconds) switch
    {
        { TotalDays: >= 1 } time => $"{time.Days} d {time.Hours} h",
        { TotalHours: >= 1 } time => $"{time.Hours} h {time.Minutes} min",
        { TotalMinutes: >= 1 } time => $"{time.Minutes} min",
        var time => $"{time.Seconds} s",
    };
}
#endif
