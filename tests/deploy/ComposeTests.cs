using System.Text.RegularExpressions;
using Payments.Tests.Support;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace Payments.Tests.Deploy;

/// <summary>What docker-compose.yml says fits what is there: files, build targets, variables, ports, secrets.</summary>
public sealed partial class ComposeTests
{
    // Official images take these; the rest is read by our own programs.
    private static readonly string[] OfImages = ["POSTGRES_", "GF_", "OTEL_"];

    private static readonly string[] Keys =
    [
        "image", "build", "command", "environment", "depends_on", "restart", "read_only", "tmpfs", "cap_drop", "cap_add", "security_opt", "networks", "stop_grace_period",
        "healthcheck", "mem_limit", "cpus", "secrets", "volumes", "ports", "shm_size",
    ];

    private static readonly string Dockerfile = Read("Dockerfile");
    private static readonly Dictionary<object, object> Compose = Parse();
    private static readonly Dictionary<object, object> Services = Map(Compose["services"]);

    public static TheoryData<string> Names => [.. Services.Keys.Cast<string>()];

    [Fact]
    public void It_is_the_cluster()
    {
        var expected = new[]
        {
            "front-end-0", "front-end-1", "grafana", "migrate", "nginx", "otel-collector", "postgres", "prometheus", "silo-0", "silo-1", "silo-2", "simulator",
        };
        Assert.Equal(expected, Services.Keys.Cast<string>().Order());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_service_says_nothing_that_is_not_so(string name)
    {
        var service = Map(Services[name]);
        Assert.Empty(service.Keys.Cast<string>().Except(Keys));
        if (service.TryGetValue("build", out var build))
        {
            Assert.Contains($" AS {Map(build)["target"]}\n", Dockerfile, StringComparison.Ordinal);
        }
        else
        {
            Assert.Matches(@"^[a-z./-]+:v?[0-9]+(\.[0-9]+)+$", (string)service["image"]);
        }

        foreach (var (variable, _) in Map(service.GetValueOrDefault("environment")))
        {
            var plain = ((string)variable).EndsWith("_FILE", StringComparison.Ordinal) ? ((string)variable)[..^5].TrimEnd('_') : (string)variable;
            Assert.True(OfImages.Any(plain.StartsWith) || Known().Contains(plain), $"{name}: nobody reads {variable}");
        }

        foreach (var other in Map(service.GetValueOrDefault("depends_on")).Keys)
        {
            Assert.Contains(other, Services.Keys);
        }

        foreach (var mount in List(service.GetValueOrDefault("volumes")).Select(mount => mount.Split(':')[0]))
        {
            Assert.True(mount.StartsWith("./", StringComparison.Ordinal) ? Path.Exists(Path.Combine(Repository.Root, mount)) : Map(Compose["volumes"]).ContainsKey(mount), $"{name}: {mount}");
        }

        foreach (var network in List(service["networks"]))
        {
            Assert.True(Map(Compose["networks"]).ContainsKey(network));
        }

        foreach (var secret in List(service.GetValueOrDefault("secrets")))
        {
            var file = (string)Map(Map(Compose["secrets"])[secret])["file"];
            Assert.Contains($"make {Path.GetFileName(file)} ", Read("deploy/make-secrets"), StringComparison.Ordinal);
            Assert.Contains(Map(service.GetValueOrDefault("environment")).Values, value => value is string text && text.EndsWith($"/run/secrets/{secret}", StringComparison.Ordinal));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_service_is_bounded_watched_and_without_rights_that_it_does_not_need(string name)
    {
        var service = Map(Services[name]);
        Assert.True(service.ContainsKey("mem_limit") && service.ContainsKey("cpus"), $"{name} has no limits");
        Assert.Equal(["ALL"], List(service["cap_drop"]));
        Assert.Equal(["no-new-privileges:true"], List(service["security_opt"]));
        Assert.True(Map(service["healthcheck"]).ContainsKey("test") || name is "migrate" or "otel-collector", $"{name} has no health check");
        Assert.True(!service.ContainsKey("ports") || name is "nginx" or "grafana", $"{name} is open to the outside");
    }

    [Fact]
    public void Health_checks_ask_where_programs_listen()
    {
        foreach (var (name, service) in Services)
        {
            var environment = Map(Map(service).GetValueOrDefault("environment"));
            if ((environment.GetValueOrDefault("PAYMENTS_URL") ?? environment.GetValueOrDefault("SIMULATOR_URL")) is string url)
            {
                Assert.Contains($"/{new Uri(url).Port} ", string.Join(' ', List(Map(Map(service)["healthcheck"])["test"])), StringComparison.Ordinal);
            }
            else
            {
                Assert.False(((string)name).StartsWith("silo", StringComparison.Ordinal));
            }
        }
    }

    [Fact]
    public void Nothing_of_it_is_a_secret() => Assert.DoesNotMatch(@"(?i)password\s*=|whsec_|sk_(test|live)_", Read("docker-compose.yml"));

    [Fact]
    public void Programs_run_without_root()
    {
        // After the last stage that all programs are made of has said who they are, nobody says otherwise.
        Assert.Single(User().Matches(Dockerfile));
        Assert.All(Target().Matches(Dockerfile), stage => Assert.True(stage.Groups[1].Value is "runtime" || stage.Groups[2].Value is "build" or "runtime"));
    }

    private static HashSet<string> Known() =>
    [
        .. new[] { "hosting", "silo", "tools", "gateway-simulator" }.SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.cs", SearchOption.AllDirectories))
            .SelectMany(file => Variable().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value)),
    ];

    private static Dictionary<object, object> Parse()
    {
        using var text = new StringReader(Read("docker-compose.yml"));
        return new DeserializerBuilder().Build().Deserialize<Dictionary<object, object>>(new MergingParser(new Parser(text)));
    }

    private static Dictionary<object, object> Map(object? node) => node switch
    {
        null => [],
        Dictionary<object, object> map => map,
        _ => throw new FormatException($"{node} is no map."),
    };

    private static string[] List(object? node) => node is null ? [] : [.. ((List<object>)node).Cast<string>()];

    private static string Read(string path) => File.ReadAllText(Path.Combine(Repository.Root, path));

    [GeneratedRegex("\"((?:PAYMENTS|SIMULATOR)_[A-Z_]+)\"")]
    private static partial Regex Variable();

    [GeneratedRegex(@"^USER \$APP_UID$", RegexOptions.Multiline)]
    private static partial Regex User();

    [GeneratedRegex(@"^FROM (\S+) AS (\S+)$", RegexOptions.Multiline)]
    private static partial Regex Target();
}
