namespace Payments.ClientApi.Dashboard;

/// <summary>How the pages of the dashboard look, by day and by night.</summary>
internal static class DashboardStyle
{
    public const string Text =
        """
        :root { color-scheme: light dark; --ink: #16202c; --dim: #5c6b7a; --line: #e3e8ee; --ground: #f5f7fa; --card: #fff; --tint: #2f6fed; --bad: #c0362c; }
        @media (prefers-color-scheme: dark) {
          :root { --ink: #e8edf3; --dim: #93a1b0; --line: #2a3542; --ground: #10161d; --card: #18212b; --tint: #6ea0ff; --bad: #ff8277; }
        }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
        h1 { margin: 0; font-size: 1.3rem; }
        h2 { margin: 2rem 0 .6rem; font-size: 1rem; }
        a { color: var(--tint); }
        .dim { color: var(--dim); }
        header { display: flex; gap: 1rem; align-items: baseline; flex-wrap: wrap; padding: 1rem 2rem; background: var(--card); border-bottom: 1px solid var(--line); }
        header form { margin-left: auto; }
        button { font: inherit; padding: .35rem .9rem; border: 1px solid var(--line); border-radius: 6px; background: var(--card); color: var(--ink); cursor: pointer; }
        button:hover { border-color: var(--tint); color: var(--tint); }
        main { padding: 1.5rem 2rem 3rem; max-width: 80rem; margin: 0 auto; }
        .away main { opacity: .4; }
        .cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: 1rem; }
        .card { padding: .9rem 1.1rem; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
        .card b { display: block; font-size: 1.7rem; font-weight: 600; font-variant-numeric: tabular-nums; }
        .card.wide { grid-column: span 2; }
        .card svg { display: block; width: 100%; height: 3rem; margin-top: .4rem; }
        polyline { fill: none; stroke: var(--tint); stroke-width: 1.5; vector-effect: non-scaling-stroke; }
        .scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
        table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
        th, td { padding: .5rem 1rem; text-align: right; white-space: nowrap; border-top: 1px solid var(--line); }
        tr:first-child > th { border-top: 0; font-weight: 500; font-size: .85rem; color: var(--dim); }
        th:first-child, td:first-child { text-align: left; }
        tr.idle td { color: var(--dim); }
        td svg { display: inline-block; width: 6rem; height: .55rem; }
        td svg + span { display: inline-block; min-width: 4.2rem; }
        rect { fill: var(--tint); opacity: .75; }
        .late { color: var(--bad); font-weight: 600; }
        .door { max-width: 24rem; margin: 14vh auto 0; padding: 2rem; background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
        .door p { margin: .3rem 0 1.2rem; color: var(--dim); }
        .door label { display: block; margin-bottom: .3rem; font-weight: 500; }
        .door input { width: 100%; padding: .6rem .7rem; font: inherit; border: 1px solid var(--line); border-radius: 6px; background: var(--ground); color: var(--ink); }
        .door button { width: 100%; margin-top: 1.2rem; padding: .6rem; background: var(--tint); border-color: var(--tint); color: var(--card); font-weight: 600; }
        .door .mistake { margin: .8rem 0 0; color: var(--bad); }
        """;
}
