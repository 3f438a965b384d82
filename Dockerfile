# One image a program: docker build --target silo|front-end|simulator|tools .
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
ARG GRAIN_ENGINE=orleans
WORKDIR /source
COPY . .
# Compiled ahead: a node that has just started costs less, and takes its share sooner.
ARG PUBLISH="-c Release --use-current-runtime --no-self-contained -p:PublishReadyToRun=true"
RUN dotnet publish silo $PUBLISH -o /out/silo -p:GrainEngine=$GRAIN_ENGINE
RUN dotnet publish client-api/host $PUBLISH -o /out/front-end -p:GrainEngine=$GRAIN_ENGINE
RUN dotnet publish gateway-simulator $PUBLISH -o /out/simulator -p:GrainEngine=$GRAIN_ENGINE
RUN dotnet publish tools $PUBLISH -o /out/tools -p:GrainEngine=$GRAIN_ENGINE

FROM mcr.microsoft.com/dotnet/aspnet:10.0 AS runtime
# Volumes that are mounted here take over the owner.
RUN mkdir /state /data && chown $APP_UID /state /data
WORKDIR /app
USER $APP_UID

FROM runtime AS simulator
COPY --from=build /out/simulator .
ENTRYPOINT ["dotnet", "Payments.GatewaySimulator.dll"]

FROM runtime AS tools
COPY --from=build /out/tools .
ENTRYPOINT ["dotnet", "payments.dll"]

FROM runtime AS front-end
COPY --from=build /out/front-end .
ENTRYPOINT ["dotnet", "Payments.ClientApi.Host.dll"]

FROM runtime AS silo
COPY --from=build /out/silo .
ENTRYPOINT ["dotnet", "Payments.Silo.dll"]
