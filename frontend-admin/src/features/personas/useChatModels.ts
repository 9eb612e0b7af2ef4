/** The models that may answer, with the LoRA adapters that they wear. */
import { useQuery } from '@tanstack/react-query';
import { models as source } from '@/shared/api/models';

export function useChatModels() {
  const { data } = useQuery({ queryKey: ['models'], queryFn: source.list });
  const models = data?.models.filter((one) => one.kind === 'chat');
  const label = (name: string) => {
    const worn = models?.find((one) => one.id === name)?.settings.lora ?? [];
    return worn.length > 0 ? `${name} · LoRA ${worn.map((pair) => String(pair[0])).join(', ')}` : name;
  };
  return { models, label };
}
