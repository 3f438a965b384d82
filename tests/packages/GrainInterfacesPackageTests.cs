#if ORLEANS
using System.Diagnostics;
using System.IO.Compression;
using System.Xml.Linq;
using Payments.Tests.Support;

namespace Payments.Tests.Packages;

/// <summary>The grains' interfaces as a package: an empty project needs it and Orleans' client, and nothing else of ours.</summary>
public sealed class GrainInterfacesPackageTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("payments-package");

    [Fact]
    public async Task An_empty_project_builds_against_the_package_and_can_call_and_send()
    {
        var feed = folder.CreateSubdirectory("feed").FullName;
        await RunAsync(Repository.Root, "pack", "grain-interfaces", "-c", Configuration, "--no-build", "-p:GrainEngine=orleans", "-o", feed);
        AssertWhole(Assert.Single(Directory.GetFiles(feed)));

        var consumer = folder.CreateSubdirectory("consumer").FullName;
        File.WriteAllText(Path.Combine(consumer, "Consumer.csproj"), Project(feed));
        File.WriteAllText(Path.Combine(consumer, "Program.cs"), Code);
        await RunAsync(consumer, "build", "--nologo", "-v", "quiet", "-o", "out");
        Assert.Equal("callable: True, sent: 1999 EUR", await RunAsync(consumer, Path.Combine("out", "Consumer.dll")));
    }

    public void Dispose() => folder.Delete(recursive: true);

    private static string Configuration => AppContext.BaseDirectory.Contains("/Release/", StringComparison.Ordinal) ? "Release" : "Debug";

    private static void AssertWhole(string package)
    {
        using var zip = ZipFile.OpenRead(package);
        Assert.Equal(
            ["Payments.Domain.dll", "Payments.Domain.xml", "Payments.GrainInterfaces.dll", "Payments.GrainInterfaces.xml"],
            zip.Entries.Where(entry => entry.FullName.StartsWith("lib/net10.0/", StringComparison.Ordinal)).Select(entry => entry.Name).Order());
        Assert.NotNull(zip.GetEntry("README.md"));
        var specification = XDocument.Load(zip.GetEntry("Payments.GrainInterfaces.nuspec")!.Open());
        var dependency = Assert.Single(specification.Descendants(), element => element.Name.LocalName == "dependency");
        Assert.Equal("Microsoft.Orleans.Sdk", dependency.Attribute("id")!.Value);
    }

    // Ours is unpacked into a folder of the test, not among the packages of the machine, which it would haunt; Orleans' are taken from there.
    private static string Project(string feed)
    {
        var version = XDocument.Load(Path.Combine(Repository.Root, "Directory.Packages.props")).Descendants("OrleansVersion").Single().Value;
        var machine = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        return $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <RestoreAdditionalProjectSources>{feed}</RestoreAdditionalProjectSources>
                <RestorePackagesPath>packages</RestorePackagesPath>
                <RestoreFallbackFolders>{machine}</RestoreFallbackFolders>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="Payments.GrainInterfaces" Version="1.0.0" />
                <PackageReference Include="Microsoft.Orleans.Client" Version="{version}" />
              </ItemGroup>
            </Project>
            """;
    }

    private const string Code =
        """
        using Microsoft.Extensions.DependencyInjection;
        using Microsoft.Extensions.Hosting;
        using Microsoft.Extensions.Options;
        using Orleans.Serialization;
        using Orleans.Serialization.Configuration;
        using Payments.Domain;
        using Payments.Grains;

        var builder = Host.CreateApplicationBuilder();
        builder.UseOrleansClient(client => client.UseLocalhostClustering());
        using var host = builder.Build();
        var isCallable = host.Services.GetRequiredService<IOptions<TypeManifestOptions>>().Value.InterfaceProxies.Any(proxy => proxy.IsAssignableTo(typeof(IPaymentGrain)));
        var serializer = host.Services.GetRequiredService<Serializer>();
        var there = serializer.Deserialize<ChargeRequest>(serializer.SerializeToArray(new ChargeRequest { Amount = 1999, Currency = "EUR", PaymentMethod = "tok_approve" }));
        Console.WriteLine($"callable: {isCallable}, sent: {there!.Amount} {there.Currency}");

        static async Task<PaymentReply> ChargeAsync(IGrainFactory grains, CancellationToken end)
        {
            var payment = grains.GetGrain<IPaymentGrain>(GrainKeys.Payment("mer_x", Ids.Payment(new byte[32], Mode.Test, "order-1")));
            await payment.ChargeAsync(new() { Amount = 1999, Currency = "EUR", PaymentMethod = "tok_approve" });
            return await payment.WaitAsync(null, TimeSpan.FromSeconds(10), end);
        }

        _ = (Func<IGrainFactory, CancellationToken, Task<PaymentReply>>)ChargeAsync;
        """;

    private static async Task<string> RunAsync(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        // What this test run tells its own build is not meant for that of others.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("MSBuild", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            start.Environment.Remove(name);
        }

        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"dotnet {string.Join(' ', arguments)}:\n{await output}\n{await error}");
        return (await output).Trim();
    }
}
#endif
