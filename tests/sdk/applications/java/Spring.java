// SPDX-License-Identifier: Apache-2.0
package applications;

import java.util.Map;
import org.springframework.boot.Banner;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;

/** A Spring Boot application that takes its properties from the vault, by the names of secrets. */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
class Spring {
    public static void main(String[] arguments) {
        String vault = "spring.cloud.azure.keyvault.secret.";
        try (var context = new SpringApplicationBuilder(Spring.class).bannerMode(Banner.Mode.OFF)
            .properties(Map.of("spring.cloud.azure.profile.tenant-id", "${SDK_TENANT}",
                "spring.cloud.azure.credential.client-id", "${SDK_CLIENT}",
                "spring.cloud.azure.credential.client-secret", "${SDK_SECRET}",
                vault + "property-sources[0].endpoint", "https://${SDK_VAULT}",
                "greeting", "not that of the vault"))
            .run(arguments)) {
            System.out.println("greeting: " + context.getEnvironment().getProperty("greeting"));
            System.out.println("password: " + context.getEnvironment().getProperty("data.source.password"));
        }
    }
}
