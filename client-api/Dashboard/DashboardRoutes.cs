namespace Payments.ClientApi.Dashboard;

/// <summary>What operators see of the running program, under one address and behind their keys; what there is to see is for the host to say.</summary>
public static class DashboardRoutes
{
    /// <summary>Where it is.</summary>
    public const string Path = "/dashboard";

    /// <summary>Of what a page may consist, unless its host or the page itself says more.</summary>
    public const string Policy = "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    internal const string SignIn = $"{Path}/sign-in";
    internal const string SignOut = $"{Path}/sign-out";

    /// <summary>Adds the pages, and the way to sign in to them. To be called after <see cref="PaymentsApi.MapPaymentsApi"/>.</summary>
    /// <param name="pages">Maps them, each under <see cref="Path"/>: whatever it maps is for operators alone.</param>
    /// <param name="policy">Their content security policy.</param>
    public static WebApplication MapDashboard(this WebApplication app, Action<IEndpointRouteBuilder> pages, string policy = Policy)
    {
        pages(app.MapGroup("").WithMetadata(new DashboardPage(policy, IsOpen: false)).ExcludeFromDescription());
        var door = app.MapGroup("").WithMetadata(new DashboardPage(Policy, IsOpen: true)).ExcludeFromDescription();
        door.MapPost(SignIn, DashboardDoor.SignInAsync);
        door.MapPost(SignOut, DashboardDoor.SignOut);
        return app;
    }
}

/// <summary>On an endpoint: it belongs to the dashboard.</summary>
/// <param name="IsOpen">Whether it answers anybody.</param>
internal sealed record DashboardPage(string Policy, bool IsOpen);
